using CrabStudio.Web.Components.Answers;

namespace CrabStudio.Web.Components.Replaying;

/// <summary>An answer that ended, shown once more as it grew, token by token at the times at which they came. Reads what is stored and changes none of it.</summary>
public sealed class ReplayState
{
    private readonly AnswerPageState whole;

    /// <summary>Begins before the first token.</summary>
    /// <param name="whole">An answer that ended, with its tokens.</param>
    public ReplayState(AnswerPageState whole)
    {
        this.whole = whole;
        Shown = whole.Replay();
    }

    /// <summary>The speeds that can be chosen.</summary>
    public static IReadOnlyList<int> Speeds { get; } = [1, 2, 4];

    /// <summary>The answer as it is shown now; always the same object.</summary>
    public AnswerPageState Shown { get; }

    /// <summary>The answer itself.</summary>
    public AnswerPageState Whole => whole;

    /// <summary>Its length in seconds, from leaving the queue to the end.</summary>
    public double Length => Math.Max(whole.TotalSeconds ?? 0, whole.Tokens.Count == 0 ? 0 : whole.Tokens[^1].Seconds);

    /// <summary>Where it stands, in seconds since the answer left the queue.</summary>
    public double Position { get; private set; }

    /// <summary>How many times as fast as it was.</summary>
    public int Speed { get; set; } = 1;

    /// <summary>Whether it goes on by itself.</summary>
    public bool Playing { get; private set; }

    /// <summary>Whether all of it is shown.</summary>
    public bool Ended => Position >= Length;

    /// <summary>Whether an answer can be shown again: it has ended, and there are tokens.</summary>
    public static bool Suits(AnswerPageState state) => state is { Unfinished: false, Replayed: false, Tokens.Count: > 0 };

    /// <summary>Goes on, from the beginning when it had ended.</summary>
    public void Play()
    {
        if (Ended)
        {
            Seek(0);
        }

        Playing = true;
    }

    /// <summary>Stands still.</summary>
    public void Pause() => Playing = false;

    /// <summary>Goes to a time.</summary>
    public void Seek(double seconds)
    {
        // Within a millisecond of the end is the end: a slider rounds.
        Position = !double.IsFinite(seconds) ? 0 : seconds >= Length - 1e-3 ? Length : Math.Max(0, seconds);
        // Tokens that came at this very moment are there.
        Shown.ShowFirst(whole, Count(Position), Ended);
    }

    /// <summary>Lets time go by.</summary>
    /// <param name="elapsed">Time of the person who watches.</param>
    public void Advance(TimeSpan elapsed)
    {
        if (Playing)
        {
            Seek(Position + (elapsed.TotalSeconds * Speed));
            Playing = !Ended;
        }
    }

    /// <summary>Goes to the next token, or to the one before.</summary>
    public void Step(bool forward)
    {
        Pause();
        int shown = Shown.Tokens.Count;
        if (forward)
        {
            Seek(shown < whole.Tokens.Count ? whole.Tokens[shown].Seconds : Length);
        }
        else
        {
            Seek(shown >= 2 ? whole.Tokens[shown - 2].Seconds : 0);
        }
    }

    private int Count(double seconds)
    {
        int count = 0;
        while (count < whole.Tokens.Count && whole.Tokens[count].Seconds <= seconds + 1e-9)
        {
            count++;
        }

        return count;
    }
}

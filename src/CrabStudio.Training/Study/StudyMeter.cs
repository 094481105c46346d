namespace CrabStudio.Training.Study;

/// <summary>How far a study is.</summary>
/// <param name="Doing">What the thread that reports is doing.</param>
/// <param name="Share">Share of the work that is done, 0 to 1, that of earlier runs included.</param>
/// <param name="SecondsLeft">Time that the rest will take at the pace so far.</param>
public sealed record StudyProgress(string Doing, double Share, double SecondsLeft);

/// <summary>What a study takes from where it stands.</summary>
/// <param name="Adapters">Adapters that are not trained yet.</param>
/// <param name="Clips">Clips that are to be learnt from, each counted as often as an adapter sees it.</param>
/// <param name="Answers">Answers that are not there yet.</param>
/// <param name="Seconds">About how long that takes, at the pace that the default model has on a processor of today.</param>
public sealed record StudyWork(int Adapters, long Clips, long Answers, double Seconds);

/// <summary>Counts the work of a study and learns its pace. Used by several threads.</summary>
/// <param name="threads">Threads that work beside each other.</param>
internal sealed class StudyMeter(int threads)
{
    // Until something is measured: the default model on one of two cores; and how much measured work outweighs that.
    private const double ClipSeconds = 0.17, AnswerSeconds = 0.3, Trust = 8;

    private readonly Lock one = new();
    private double clipSeconds, answerSeconds;
    private long clips, answers, allClips, allAnswers, doneClips, doneAnswers;

    /// <summary>The work of an adapter, and what of it is done already.</summary>
    public void Expect(long clips, long clipsDone, long answers, long answersDone)
    {
        lock (one)
        {
            (allClips, doneClips, allAnswers, doneAnswers) = (allClips + clips, doneClips + clipsDone, allAnswers + answers, doneAnswers + answersDone);
        }
    }

    /// <summary>Clips that turn out to be learnt from already, by a run that was stopped.</summary>
    public void Found(long clipsDone)
    {
        lock (one)
        {
            doneClips += clipsDone;
        }
    }

    /// <summary>A step was made.</summary>
    public StudyProgress Learnt(int clips, double seconds, string doing)
    {
        lock (one)
        {
            (this.clips, doneClips, clipSeconds) = (this.clips + clips, doneClips + clips, clipSeconds + seconds);
            return At(doing);
        }
    }

    /// <summary>A clip was answered.</summary>
    public StudyProgress Answered(double seconds, string doing)
    {
        lock (one)
        {
            (answers, doneAnswers, answerSeconds) = (answers + 1, doneAnswers + 1, answerSeconds + seconds);
            return At(doing);
        }
    }

    /// <summary>How far it is.</summary>
    public StudyProgress Now(string doing)
    {
        lock (one)
        {
            return At(doing);
        }
    }

    private StudyProgress At(string doing)
    {
        double clip = (clipSeconds + (Trust * ClipSeconds)) / (clips + Trust), answer = (answerSeconds + (Trust * AnswerSeconds)) / (answers + Trust);
        double all = (allClips * clip) + (allAnswers * answer), left = ((allClips - doneClips) * clip) + ((allAnswers - doneAnswers) * answer);
        return new StudyProgress(doing, all == 0 ? 1 : 1 - (left / all), left / threads);
    }
}

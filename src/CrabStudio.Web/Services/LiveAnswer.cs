using System.Runtime.CompilerServices;
using System.Text;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>An answer that grows: what its watchers are told, and what is still to be stored. Safe for many threads.</summary>
internal sealed class LiveAnswer(Guid id, Guid sessionId)
{
    private readonly Lock gate = new();
    private readonly List<TokenUpdate> tokens = [];
    private readonly StringBuilder text = new();
    private readonly CancellationTokenSource stop = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StatusUpdate status = new(AnswerStatus.Queued, null, null, null, null, null, null, null);
    private PromptUpdate? prompt;
    private int version;
    private bool ended;

    /// <summary>The answer.</summary>
    public Guid Id => id;

    /// <summary>Its session.</summary>
    public Guid SessionId => sessionId;

    /// <summary>Cancelled when it shall end.</summary>
    public CancellationToken Stopping => stop.Token;

    /// <summary>It was ended because the studio ends, not by a person.</summary>
    public bool EndedByStudio { get; private set; }

    /// <summary>The work on it; done when it has ended and is stored.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    /// <summary>How many tokens are stored. Only whoever stores it touches this.</summary>
    public int StoredTokens { get; set; }

    /// <summary>The version of the status that is stored, as <see cref="StoredTokens"/>.</summary>
    public AnswerStatus StoredStatus { get; set; } = AnswerStatus.Queued;

    /// <summary>Asks for its end.</summary>
    public void Stop(bool byStudio)
    {
        EndedByStudio |= byStudio;
        stop.Cancel();
    }

    /// <summary>Everything as it is now. The list is a copy.</summary>
    public (StatusUpdate Status, string Text, IReadOnlyList<TokenUpdate> Tokens) Snapshot(int fromToken = 0)
    {
        lock (gate)
        {
            return (status, text.ToString(), fromToken < tokens.Count ? tokens[fromToken..] : []);
        }
    }

    /// <summary>Changes the status.</summary>
    public void Change(Func<StatusUpdate, StatusUpdate> change, bool end = false)
    {
        lock (gate)
        {
            StatusUpdate next = change(status);
            if (next != status || end)
            {
                (status, ended) = (next, end);
                version++;
                Tell();
            }
        }
    }

    /// <summary>The prompt has been read.</summary>
    public void Add(PromptUpdate update)
    {
        lock (gate)
        {
            prompt = update;
            Tell();
        }
    }

    /// <summary>A token came.</summary>
    public void Add(TokenUpdate update)
    {
        lock (gate)
        {
            tokens.Add(update);
            text.Append(update.Text);
            Tell();
        }
    }

    /// <summary>As <see cref="AnswerService.WatchAsync"/>.</summary>
    public async IAsyncEnumerable<AnswerUpdate> WatchAsync(int fromToken, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int next = Math.Max(0, fromToken), told = -1;
        bool prompted = false;
        while (true)
        {
            List<AnswerUpdate> news = [];
            Task more;
            bool last;
            lock (gate)
            {
                if (told < 0)
                {
                    news.Add(status);
                    told = version;
                }

                if (!prompted && prompt is not null)
                {
                    news.Add(prompt);
                    prompted = true;
                }

                for (; next < tokens.Count; next++)
                {
                    news.Add(tokens[next]);
                }

                // Behind the tokens, so that an end is the last thing that is told.
                if (told != version)
                {
                    news.Add(status);
                    told = version;
                }

                (last, more) = (ended, changed.Task);
            }

            foreach (AnswerUpdate update in news)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return update;
            }

            if (last)
            {
                yield break;
            }

            await more.WaitAsync(cancellation);
        }
    }

    private void Tell()
    {
        changed.SetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

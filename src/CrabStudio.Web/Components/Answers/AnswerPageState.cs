using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using System.Text;
using System.Text.Json;

namespace CrabStudio.Web.Components.Answers;

/// <summary>One token with its routes summed up once.</summary>
/// <param name="Index">From 0.</param>
/// <param name="TokenId">Id in the vocabulary.</param>
/// <param name="Text">The text that it completes; may be empty.</param>
/// <param name="Seconds">Seconds since the answer left the queue.</param>
/// <param name="Mix">Mean of its routes over linears, [expert]; null when not captured, or when no adapter speaks. The routes themselves stay in the database (<see cref="IRouteSource"/>).</param>
public sealed record ShownToken(int Index, int TokenId, string Text, double Seconds, double[]? Mix);

/// <summary>What the page knows about one answer. Fed by updates, drawn by components; knows neither services nor a browser.</summary>
public sealed class AnswerPageState
{
    private readonly List<ShownToken> tokens = [];
    private readonly StringBuilder text = new();
    private readonly Dictionary<int, float[]> early = [];
    private ParsedAnswer? parsed;
    private readonly int storedTokens;
    private int? selected;
    private int? selectedTo;

    /// <summary>Begins with what is stored.</summary>
    public AnswerPageState(Answer answer)
    {
        (Id, SessionId, TaskKey, QuestionText, AskedAt, MaxNewTokens) = (answer.Id, answer.SessionId, answer.TaskKey, answer.QuestionText, answer.AskedAt, answer.MaxNewTokens);
        (Status, FinishReason, Error) = (answer.Status, answer.FinishReason, answer.Error);
        (FirstTokenSeconds, TotalSeconds) = (answer.FirstTokenSeconds, answer.TotalSeconds);
        Model = answer.ModelJson is null ? null : JsonSerializer.Deserialize<ModelFacts>(answer.ModelJson, StudioJson.Options);
        Seen = answer.SeenJson is null ? null : JsonSerializer.Deserialize<SeenFacts>(answer.SeenJson, StudioJson.Options);
        (StoredText, storedTokens) = (answer.Text, answer.TokenCount);
        (Intervention, OriginalId) = (AnswerService.InterventionOf(answer), answer.OriginalId);
    }

    private AnswerPageState(AnswerPageState whole)
    {
        (Id, SessionId, TaskKey, QuestionText, AskedAt, MaxNewTokens) = (whole.Id, whole.SessionId, whole.TaskKey, whole.QuestionText, whole.AskedAt, whole.MaxNewTokens);
        (Model, Seen, Intervention, OriginalId, StoredText) = (whole.Model, whole.Seen, whole.Intervention, whole.OriginalId, "");
        (Replayed, Status) = (true, AnswerStatus.Running);
    }

    /// <summary>The answer.</summary>
    public Guid Id { get; }

    /// <summary>Its session.</summary>
    public Guid SessionId { get; }

    /// <summary>Task key; empty for a free question.</summary>
    public string TaskKey { get; }

    /// <summary>The words the model was asked.</summary>
    public string QuestionText { get; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset AskedAt { get; }

    /// <summary>Limit on new tokens.</summary>
    public int MaxNewTokens { get; }

    /// <summary>How routers or adapters were altered; null: they were left alone.</summary>
    public RouterIntervention? Intervention { get; }

    /// <summary>The answer that this one asks again in another way; null: none.</summary>
    public Guid? OriginalId { get; }

    /// <summary>Whether this shows again how an answer grew that ended before.</summary>
    public bool Replayed { get; }

    /// <summary>Where it stands.</summary>
    public AnswerStatus Status { get; private set; }

    /// <summary>EndOfText, Length or Stopped; null before.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>One line for a person when it failed.</summary>
    public string? Error { get; private set; }

    /// <summary>Place in the queue, 0: next; null when not waiting.</summary>
    public int? QueuePosition { get; private set; }

    /// <summary>Stage before the first token; null when unknown or past.</summary>
    public string? Stage { get; private set; }

    /// <summary>How much of the stage is done, 0 to 1; null when unknown.</summary>
    public double? Fraction { get; private set; }

    /// <summary>Seconds from leaving the queue to the first token.</summary>
    public double? FirstTokenSeconds { get; private set; }

    /// <summary>Seconds from leaving the queue to the end.</summary>
    public double? TotalSeconds { get; private set; }

    /// <summary>What was seen and heard; null before the prompt was read.</summary>
    public SeenFacts? Seen { get; private set; }

    /// <summary>The model; null before the prompt was read.</summary>
    public ModelFacts? Model { get; private set; }

    /// <summary>The tokens so far.</summary>
    public IReadOnlyList<ShownToken> Tokens => tokens;

    /// <summary>How many tokens there are, also while what is stored stands in for them.</summary>
    public int TokenCount => Math.Max(tokens.Count, storedTokens);

    /// <summary>The text so far. What is stored stands in until the tokens are there.</summary>
    public string Text => text.Length >= StoredText.Length ? text.ToString() : StoredText;

    /// <summary>Waiting or in work.</summary>
    public bool Unfinished => Status is AnswerStatus.Queued or AnswerStatus.Running;

    /// <summary>How many experts the tokens' routes are about; 0 without an adapter.</summary>
    public int Experts => Model?.Experts ?? 0;

    /// <summary>What was read from the text so far.</summary>
    public ParsedAnswer Parsed => parsed ??= AnswerParser.Parse(TaskKey, Text);

    /// <summary>Tokens a second after the first; null before the second token.</summary>
    public double? TokensPerSecond =>
        tokens.Count > 1 && tokens[^1].Seconds > tokens[0].Seconds ? (tokens.Count - 1) / (tokens[^1].Seconds - tokens[0].Seconds) : null;

    /// <summary>The token whose routes are shown: the one a person chose, else the newest.</summary>
    public ShownToken? SelectedToken => tokens.Count == 0 ? null : selected is { } index && index >= 0 && index < tokens.Count ? tokens[index] : tokens[^1];

    /// <summary>Where the text of the tokens that a person chose lies in <see cref="Text"/>; null while the newest is followed or what is stored stands in.</summary>
    public (int Start, int Length)? ChosenText
    {
        get
        {
            if (FollowsLast || SelectedToken is not { } token || text.Length < StoredText.Length)
            {
                return null;
            }

            int length = tokens.Skip(token.Index).Take(Math.Max(1, (selectedTo ?? token.Index) - token.Index + 1)).Sum(chosen => chosen.Text.Length);
            return length == 0 ? null : (tokens.Take(token.Index).Sum(earlier => earlier.Text.Length), length);
        }
    }

    /// <summary>Whether the newest token is shown because nobody chose one.</summary>
    public bool FollowsLast => selected is null;

    /// <summary>Chooses a token, or a range of them; null follows the newest again.</summary>
    /// <param name="index">The token, or the first of the range.</param>
    /// <param name="to">The last of the range; null: one token.</param>
    public void Select(int? index, int? to = null) => (selected, selectedTo) = (index, to);

    private string StoredText { get; }

    /// <summary>Takes in an update. Tokens that are there already are left alone, so that a watcher that comes back is safe.</summary>
    public void Apply(AnswerUpdate update)
    {
        switch (update)
        {
            case StatusUpdate status:
                (Status, FinishReason, Error, QueuePosition, Stage, Fraction) = (status.Status, status.FinishReason, status.Error, status.QueuePosition, status.Stage, status.Fraction);
                FirstTokenSeconds = status.FirstTokenSeconds ?? FirstTokenSeconds;
                TotalSeconds = status.TotalSeconds ?? TotalSeconds;
                break;
            case PromptUpdate prompt:
                (Seen, Model) = (prompt.Seen, prompt.Model);
                SumUp();
                break;
            case TokenUpdate token when token.Index == tokens.Count:
                if (Experts == 0 && token.Routes is not null)
                {
                    early[token.Index] = token.Routes;
                }

                tokens.Add(new ShownToken(token.Index, token.TokenId, token.Text, token.Seconds, Mix(token.Routes)));
                text.Append(token.Text);
                FirstTokenSeconds ??= token.Seconds;
                (Stage, Fraction, parsed) = (null, null, null);
                break;
        }
    }

    /// <summary>A copy that has no token yet, to show once more how this answer grew. What happens to it changes nothing here.</summary>
    public AnswerPageState Replay() => new(this);

    /// <summary>Of a copy made by <see cref="Replay"/>: shows the first tokens of the answer and no other.</summary>
    /// <param name="whole">The answer.</param>
    /// <param name="count">How many.</param>
    /// <param name="ended">Whether its end is shown too.</param>
    public void ShowFirst(AnswerPageState whole, int count, bool ended)
    {
        while (tokens.Count > count)
        {
            text.Length -= tokens[^1].Text.Length;
            tokens.RemoveAt(tokens.Count - 1);
            parsed = null;
        }

        while (tokens.Count < count)
        {
            tokens.Add(whole.tokens[tokens.Count]);
            text.Append(tokens[^1].Text);
            parsed = null;
        }

        (Status, FinishReason, Error) = ended ? (whole.Status, whole.FinishReason, whole.Error) : (AnswerStatus.Running, null, null);
        (FirstTokenSeconds, TotalSeconds) = (count > 0 ? whole.FirstTokenSeconds : null, ended ? whole.TotalSeconds : null);
    }

    // A watcher that comes back may get tokens before it learns how many experts they are about.
    private void SumUp()
    {
        foreach ((int index, float[] routes) in early)
        {
            tokens[index] = tokens[index] with { Mix = Mix(routes) };
        }

        if (Experts > 0)
        {
            early.Clear();
        }
    }

    // Where every adapter is switched off nobody speaks, and there is no mix.
    private double[]? Mix(float[]? routes) =>
        routes is { Length: > 0 } && Experts > 0 && RouteStatistics.MeanOverLinears(routes, Experts) is var mix && mix.Any(share => share > 0) ? mix : null;
}

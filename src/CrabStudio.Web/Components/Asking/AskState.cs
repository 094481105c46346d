using CrabStudio.Tasks;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Asking;

/// <summary>A question in the making: the clips, the kind of question, and what it needs.</summary>
public sealed class AskState
{
    /// <summary>Fills every field, so that what is left to complain about are the clips.</summary>
    private static readonly TaskInput Anything = new("?", ["a", "b"], "x", 0);

    private readonly List<Clip> clips = [];
    private readonly Dictionary<string, string?> unsuited = [];

    /// <summary>The clips, in the order in which the task uses them.</summary>
    public IReadOnlyList<Clip> Clips => clips;

    /// <summary>Key of the chosen task (empty: free question); null while none is chosen.</summary>
    public string? TaskKey { get; private set; }

    /// <summary>The chosen task.</summary>
    public TaskDefinition? Task => TaskKey is { Length: > 0 } key ? TaskCatalog.All.First(task => task.Key == key) : null;

    /// <summary>The question.</summary>
    public string Question { get; set => (field, Refused) = (value ?? "", null); } = "";

    /// <summary>Options, one a line.</summary>
    public string Options { get; set => (field, Refused) = (value ?? "", null); } = "";

    /// <summary>What is looked for.</summary>
    public string Description { get; set => (field, Refused) = (value ?? "", null); } = "";

    /// <summary>Which second is looked at.</summary>
    public int? FrameIndex { get; set => (field, Refused) = (value, null); }

    /// <summary>The person's own words for the model; null: the task's.</summary>
    public string? Words { get; set => (field, Refused) = (string.IsNullOrWhiteSpace(value) ? null : value, null); }

    /// <summary>Limit on new tokens, 1 to 512; a number beyond is brought back to the nearer end.</summary>
    public int MaxNewTokens { get; set => field = Math.Clamp(value, 1, 512); } = 512;

    /// <summary>Whether Ask was pressed; what is missing is told from then on.</summary>
    public bool Asked { get; set; }

    /// <summary>What the studio refused, by field; forgotten as soon as a field is changed.</summary>
    public TaskInputException? Refused { get; set; }

    /// <summary>A question is asked for.</summary>
    public bool WantsQuestion => TaskKey == "" || Task?.NeedsQuestion == true;

    /// <summary>Options are asked for.</summary>
    public bool WantsOptions => Task?.NeedsOptions == true;

    /// <summary>A description is asked for.</summary>
    public bool WantsDescription => Task?.NeedsDescription == true;

    /// <summary>A second is asked for.</summary>
    public bool WantsFrameIndex => Task?.NeedsFrameIndex == true;

    /// <summary>Takes another clip, once.</summary>
    public void Add(Clip clip)
    {
        if (clips.All(one => one.Id != clip.Id))
        {
            clips.Add(clip);
            ClipsChanged();
        }
    }

    /// <summary>Leaves a clip out.</summary>
    public void Remove(Guid id)
    {
        clips.RemoveAll(clip => clip.Id == id);
        ClipsChanged();
    }

    /// <summary>Moves a clip one place to the front (−1) or the back (+1).</summary>
    public void Move(Guid id, int by)
    {
        int from = clips.FindIndex(clip => clip.Id == id), to = from + by;
        if (from >= 0 && to >= 0 && to < clips.Count)
        {
            (clips[from], clips[to]) = (clips[to], clips[from]);
            ClipsChanged();
        }
    }

    /// <summary>Chooses a kind of question.</summary>
    public void Choose(string key) => (TaskKey, Words, Asked, Refused) = (key, null, false, null);

    /// <summary>Takes over a question that was suggested.</summary>
    public void Take(DemoQuestion suggested)
    {
        Choose(suggested.Task);
        Question = suggested.Question ?? "";
        Options = string.Join('\n', suggested.Options ?? []);
        Description = suggested.Description ?? "";
        FrameIndex = suggested.FrameIndex;
    }

    /// <summary>Why the clips do not suit a task, in one line; null when they do. The rule is the one that asking itself obeys.</summary>
    public string? Unsuited(string key)
    {
        if (clips.Count == 0)
        {
            return null;
        }

        if (!unsuited.TryGetValue(key, out string? why))
        {
            try
            {
                ConversationBuilder.Build(key, Anything, [.. clips.Select(clip => new TaskClip(clip.FileName, clip.ReadProbe()))]);
            }
            catch (TaskInputException exception) when (exception.Field == "clips")
            {
                why = exception.Message;
            }
            catch (TaskInputException)
            {
                // Another field, which is checked once the person has filled it.
            }

            unsuited[key] = why;
        }

        return why;
    }

    /// <summary>What is missing in a field, for the line beside it; null when nothing is, or when Ask was not pressed yet.</summary>
    public string? Missing(string field, IStringLocalizer<Words> L) => !Asked ? null : Refused?.Field == field ? Refused.Message : Lacking(field, L);

    /// <summary>Whether everything is there.</summary>
    public bool Complete => clips.Count > 0 && TaskKey is not null && Unsuited(TaskKey) is null
        && new[] { "question", "options", "description", "frameIndex" }.All(name => Lacking(name, EnglishWords.Only) is null);

    /// <summary>Holds the question against the rules that asking itself obeys; what they refuse is told beside its field.</summary>
    public bool Check()
    {
        QuestionInput input = Input();
        try
        {
            ConversationBuilder.Build(input.Task, new TaskInput(input.Question, input.Options, input.Description, input.FrameIndex), [.. clips.Select(clip => new TaskClip(clip.FileName, clip.ReadProbe()))]);
            return true;
        }
        catch (TaskInputException exception)
        {
            Refused = exception;
            return false;
        }
    }

    /// <summary>The question as the services take it.</summary>
    public QuestionInput Input() => new(
        TaskKey ?? throw new InvalidOperationException("No kind of question is chosen."),
        WantsQuestion ? Question.Trim() : null,
        WantsOptions ? Lines() : null,
        WantsDescription ? Description.Trim() : null,
        WantsFrameIndex ? FrameIndex : null,
        MaxNewTokens,
        Words);

    private string? Lacking(string field, IStringLocalizer<Words> L) => field switch
    {
        "question" when WantsQuestion && string.IsNullOrWhiteSpace(Question) => L["Write the question that you want to ask."],
        "options" when WantsOptions && Lines().Count < 2 => L["Give at least two options, one a line."],
        "description" when WantsDescription && string.IsNullOrWhiteSpace(Description) => L["Describe what is to be found, for example “the loudest instrument”."],
        "frameIndex" when WantsFrameIndex && !(FrameIndex >= 0 && FrameIndex < Task!.Parts) => L["Choose the part of the clip that is looked at, from 0 to {0}.", Task!.Parts - 1],
        _ => (string?)null,
    };

    private List<string> Lines() => [.. Options.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private void ClipsChanged()
    {
        unsuited.Clear();
        Refused = null;
    }
}

using System.Globalization;
using System.Text.Json;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Metrics;

/// <summary>What is true of a sample. What is not known is null or empty.</summary>
public sealed record EvaluationTruth
{
    /// <summary>The class, answer or object in the words that answers are compared with; of ref_avs <c>true</c> or <c>false</c>.</summary>
    public string? Label { get; init; }

    /// <summary>Events with ranges in seconds, of ave, unav and avvp.</summary>
    public IReadOnlyList<AnswerEvent> Events { get; init; } = [];

    /// <summary>The box, in pixels of the 224×224 frame.</summary>
    public AnswerBox? Box { get; init; }

    /// <summary>Points on the object.</summary>
    public IReadOnlyList<AnswerPoint> Points { get; init; } = [];

    /// <summary>The caption.</summary>
    public string? Caption { get; init; }

    /// <summary>The kind of question, such as <c>Audio-Visual/Counting</c>.</summary>
    public string? QuestionType { get; init; }

    /// <summary>The options of avqa_thu.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The part of ref_avs's test list.</summary>
    public string? Subset { get; init; }

    /// <summary>Things that can be seen, where <c>world.json</c> says so: those that the target text names.</summary>
    public IReadOnlyList<string> Seen { get; init; } = [];

    /// <summary>Things that can be heard, likewise.</summary>
    public IReadOnlyList<string> Heard { get; init; } = [];
}

/// <summary>Words in a text.</summary>
internal static class Words
{
    /// <summary>Whether a text names a label: in whole words, in any case, however its words are joined.</summary>
    public static bool Names(string text, string label) => Plain(label) is { Length: > 2 } words && Plain(text).Contains(words, StringComparison.Ordinal);

    /// <summary>Lower case, letters and digits only, one blank between words and at either end.</summary>
    public static string Plain(string text)
    {
        System.Text.StringBuilder plain = new(" ", text.Length + 2);
        foreach (char letter in PythonText.Lower(text))
        {
            if (char.IsLetterOrDigit(letter))
            {
                plain.Append(letter);
            }
            else if (plain[^1] != ' ')
            {
                plain.Append(' ');
            }
        }

        return (plain[^1] == ' ' ? plain : plain.Append(' ')).ToString();
    }
}

/// <summary>What is true of a sample, and how an answer that says so is written.</summary>
internal static class Truths
{
    /// <summary>Reads it off a sample.</summary>
    public static EvaluationTruth Of(AvUieSample sample)
    {
        AvUieReference reference = sample.Reference;
        ParsedAnswer? target = sample.Target is { } text ? AnswerParser.Parse(sample.Key, text) : null;
        return new EvaluationTruth
        {
            Label = Label(sample),
            Events = [.. reference.Events.Where(one => one is { StartSeconds: not null, EndSeconds: not null })],
            Box = reference.Box ?? target?.Boxes.FirstOrDefault(),
            Points = target?.Points ?? [],
            Caption = sample.Key == "avcap" ? sample.Target : null,
            QuestionType = reference.QuestionType is { } type ? Type(type) : null,
            Options = reference.Options,
            Subset = reference.Subset,
        };
    }

    /// <summary>The labels that a truth uses, for the set of a data set.</summary>
    public static IEnumerable<string> LabelsOf(string key, EvaluationTruth truth) => key switch
    {
        "ave" or "unav" or "avvp" => truth.Events.Select(one => one.Label),
        "arig" or "s4" or "ms3" => Objects(truth.Label),
        _ => truth.Label is { } label ? [label] : [],
    };

    /// <summary>The objects of a label such as <c>dog and bell</c>.</summary>
    public static IEnumerable<string> Objects(string? label) =>
        (label ?? "").Split(" and ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(one => Words.Plain(one).Trim()).Where(one => one.Length > 0);

    /// <summary>The files of a sample, in the order in which the model gets them.</summary>
    public static IEnumerable<string> MediaOf(AvUieSample sample) => sample.Prompt.Content.Select(item => item.FilePath()).OfType<string>();

    /// <summary>An answer in the task's grammar that says what is true, and nothing else.</summary>
    public static string Written(string key, EvaluationTruth truth)
    {
        string place = truth.Box is { } box ? FormattableString.Invariant($", in the box [{box.X1},{box.Y1},{box.X2},{box.Y2}]{string.Concat(truth.Points.Take(3).Select(point => $", [{point.X},{point.Y}]"))}") : "";
        return key switch
        {
            "ave" or "unav" => string.Join(", ", truth.Events.Select(one => $"<event> {one.Label} </event> <range> {Number(one.StartSeconds)},{Number(one.EndSeconds)} </range>")),
            "avvp" => string.Join(' ', truth.Events.Select(one => one.Modality == EventModality.Audio
                ? $"<audio>{one.Label},({Number(one.StartSeconds)} {Number(one.EndSeconds)})</audio>"
                : $"<visual>{one.Label},({Number(one.StartSeconds)} {Number(one.EndSeconds)})</visual>")),
            "avcap" => truth.Caption ?? "",
            "arig" or "s4" or "ms3" => $"It is {truth.Label}{place}.",
            "ref_avs" => $"<answer>{truth.Label}</answer>{(truth.Label == "true" ? place : "")}",
            _ => $"<answer>{truth.Label}</answer>",
        };
    }

    private static string? Label(AvUieSample sample) => sample.Key switch
    {
        "unav" or "avvp" or "avcap" => null,
        "ave" or "ref_avs" => sample.Reference.Label,
        "avqa" => Lower(sample.Reference.Label),
        "avqa_thu" => Lower(sample.Reference.Label) ?? Lower(sample.Target is { } target ? TagRules.ReadAnswer(target) : null),
        "arig" or "s4" or "ms3" => sample.Reference.Label,
        _ => ClassificationScore.ReadTruth(sample.Key, sample.Expected ?? sample.Reference.Label ?? sample.Target ?? ""),
    };

    private static string? Lower(string? label) => label is null ? null : PythonText.Lower(PythonText.Trim(PythonText.BeforeEndMark(label)));

    // MUSIC-AVQA writes ["Audio-Visual", "Counting"].
    private static string Type(string type)
    {
        try
        {
            return string.Join('/', JsonSerializer.Deserialize<string[]>(type) ?? [type]);
        }
        catch (JsonException)
        {
            return type;
        }
    }

    private static string Number(double? seconds) => (seconds ?? 0).ToString("0.###", CultureInfo.InvariantCulture);
}

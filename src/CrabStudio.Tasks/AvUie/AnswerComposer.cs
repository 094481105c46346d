using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrabStudio.Tasks.AvUie;

/// <summary>
/// Puts answers into words with explicit reasoning: first what is heard and seen, when and where, then the conclusion in the
/// task's grammar. The words are templates (<c>templates.json</c>), several for each thing that is said; which is taken depends
/// on the seed and the sample alone, so that a data set comes out the same on every machine and in any order.
/// </summary>
/// <param name="seed">Chooses among the templates; null: always the first.</param>
public sealed class AnswerComposer(int? seed)
{
    private const int Frame = 224;

    private static readonly Templates Words = ReadTemplates();

    /// <summary>How many conclusions a task has to choose from.</summary>
    public static int ConclusionsOf(string key) => Words.Conclusions[key].Length;

    /// <summary>The answer to a task's question about a scene.</summary>
    /// <param name="key">The task key.</param>
    /// <param name="facts">What is true.</param>
    /// <param name="sample">What tells this sample from the others, for the choice of words.</param>
    /// <exception cref="ArgumentException">
    /// The facts do not give what the task's answer is made of, nothing is known that could be a reason, or a label holds what
    /// would be read as something else. The message is one line without the sample's name.
    /// </exception>
    public string Compose(string key, SceneFacts facts, string sample)
    {
        TaskDefinition task = TaskCatalog.Find(key) ?? throw new ArgumentException($"{key} is none of the task keys");
        SceneFacts whole = Completed(facts);
        List<string> sentences = [];
        if (whole.Evidence.Trim() is { Length: > 0 } evidence)
        {
            sentences.Add(evidence[^1] is '.' or '!' or '?' or '。' or '！' or '？' ? evidence : evidence + ".");
        }

        foreach ((AnswerEvent said, int place) in whole.Events.Select((said, place) => (said, place)))
        {
            string[] choice = said.Modality switch { EventModality.Audio => Words.Heard, EventModality.Visual => Words.Seen, _ => Words.Both };
            sentences.Add(Filled(Chosen(choice, sample, $"event {place}"), ("label", said.Label), ("start", Number(said.StartSeconds ?? 0)), ("end", Number(said.EndSeconds ?? 0))));
        }

        string[] objects = [.. whole.Objects.Select((one, place) => Said(one, sample, place))];
        sentences.AddRange(objects);

        if (whole.Match is { } match)
        {
            sentences.Add(Filled(Chosen(key == "v2a" ? Words.V2a : Words.A2v, sample, "match"), ("sound", match.One), ("first", match.First), ("second", match.Second)));
        }

        if (key == "ref_avs" && sentences.Count > 0)
        {
            sentences.AddRange(whole.Description is { } described ? Weighed(described, whole, objects, sample) : whole.Described is null ? [Chosen(Words.Absent, sample, "absent")] : []);
        }

        if (sentences.Count == 0)
        {
            throw new ArgumentException("nothing is said to be heard or seen, so the answer would have no reason; add events, boxes or evidence");
        }

        sentences.Add(Conclusion(task, whole, sample));
        string text = string.Join(' ', sentences);
        return Misread(task, whole, AnswerParser.Parse(key, text)) is { } difference
            ? throw new ArgumentException($"the answer would not be read as it is meant ({difference}); labels and answers must not look like tags, ranges or coordinates")
            : text;
    }

    private string Said(SceneObject one, string sample, int place)
    {
        string seen = Filled(Chosen(one.IsSounding ? Words.Sounding : Words.Silent, sample, $"object {place}"), ("label", one.Label), ("where", Where(one.Box)));
        return one.Size is { } size ? $"{seen} {Filled(Chosen(Words.Size, sample, $"size {place}"), ("size", size))}" : seen;
    }

    // What is described and, said again, what is known of such an object: side by side they are easily compared.
    private IEnumerable<string> Weighed(SceneDescription described, SceneFacts facts, string[] said, string sample)
    {
        yield return Filled(Chosen(Words.Described, sample, "described"), ("description", described.Words));
        int place = facts.Objects.ToList().FindIndex(one => one.Label == described.Label);
        yield return place >= 0 ? said[place] : Filled(Chosen(Words.Unseen, sample, "unseen"), ("label", described.Label));
        if (described is { Wanted: { } wanted, Found: { } found })
        {
            yield return Filled(Chosen(Words.Compared, sample, "compared"), ("wanted", wanted), ("found", found));
        }
    }

    /// <summary>The objects that an answer's box and points stand for.</summary>
    private static IReadOnlyList<SceneObject> Wanted(string key, SceneFacts facts) => key switch
    {
        "ref_avs" => facts.Described is { } described ? [described] : [],
        "ms3" => [.. facts.Objects.Where(one => one.IsSounding)],
        _ => [.. facts.Objects.Where(one => one.IsSounding).Take(1)],
    };

    /// <summary>One box around all.</summary>
    private static AnswerBox Around(IReadOnlyList<SceneObject> objects) =>
        new(objects.Min(one => one.Box.X1), objects.Min(one => one.Box.Y1), objects.Max(one => one.Box.X2), objects.Max(one => one.Box.Y2));

    // Three points, of all objects in turn.
    private static AnswerPoint[] Points(IReadOnlyList<SceneObject> objects) =>
        [.. Enumerable.Range(0, 3).Select(place => objects[place % objects.Count].Points is { Count: > 0 } points ? points[place / objects.Count % points.Count] : throw new ArgumentException("an object has no points"))];

    private static SceneFacts Completed(SceneFacts facts) => facts with
    {
        Objects = [.. facts.Objects.Select(Completed)],
        Described = facts.Described is { } described ? Completed(described) : null,
    };

    private static SceneObject Completed(SceneObject one)
    {
        if (one.Points.Count > 0)
        {
            return one;
        }

        AnswerBox box = one.Box;
        long row = (box.Y1 + box.Y2) / 2, width = box.X2 - box.X1;
        return one with { Points = [new(box.X1 + (width / 4), row), new(box.X1 + (width / 2), row), new(box.X1 + (width * 3 / 4), row)] };
    }

    private string Conclusion(TaskDefinition task, SceneFacts facts, string sample)
    {
        string key = task.Key;
        string[] forms = Words.Conclusions[key == "ref_avs" && facts.Described is null ? "ref_avs_absent" : key];
        // Where it is not known what is alike, no form that names it.
        string form = Chosen(facts.Match is null ? [.. forms.Where(one => !one.Contains("{sound}", StringComparison.Ordinal))] : forms, sample, "conclusion");
        switch (task.Grammar)
        {
            case AnswerGrammar.EventRanges or AnswerGrammar.AudioVisualRanges:
                if (facts.Events.Count == 0 || facts.Events.Any(said => said.StartSeconds is null || said.EndSeconds is null))
                {
                    throw new ArgumentException("there is no event with a start and an end");
                }

                return Filled(form, ("events", string.Join(", ", facts.Events.Select(Tagged))), ("tracks", string.Join(' ', facts.Events.SelectMany(Tracks))));
            case AnswerGrammar.FreeText:
                return Filled(form, ("caption", facts.Caption ?? throw new ArgumentException("there is no caption")));
            case AnswerGrammar.Choice:
                return Filled(form, ("answer", facts.Answer ?? throw new ArgumentException("there is no answer")), ("sound", facts.Match?.One ?? ""));
            default:
                IReadOnlyList<SceneObject> wanted = Wanted(key, facts);
                if (wanted.Count == 0)
                {
                    return key == "ref_avs" ? form : throw new ArgumentException("there is no sounding object with a box");
                }

                AnswerBox box = Around(wanted);
                return Filled(form, ("object", string.Join(" and ", wanted.Select(one => one.Label))), ("box", $"[{box.X1},{box.Y1},{box.X2},{box.Y2}]"), ("points", string.Join(", ", Points(wanted).Select(point => $"[{point.X},{point.Y}]"))));
        }
    }

    // What the parser reads of the words must be what they were made of.
    private static string? Misread(TaskDefinition task, SceneFacts facts, ParsedAnswer parsed)
    {
        if (parsed.Problems.Count > 0)
        {
            return parsed.Problems[0].TrimEnd('.');
        }

        AnswerEvent[] events = task.Grammar switch
        {
            AnswerGrammar.EventRanges => [.. facts.Events.Select(said => said with { Label = said.Label.Trim(), Modality = EventModality.AudioVisual })],
            AnswerGrammar.AudioVisualRanges => [.. facts.Events.SelectMany(Apart)],
            _ => [],
        };
        bool pointed = task.Grammar is AnswerGrammar.BoxAndPoints or AnswerGrammar.ExistenceBoxAndPoints;
        IReadOnlyList<SceneObject> wanted = pointed || task.Grammar == AnswerGrammar.Box ? Wanted(task.Key, facts) : [];
        bool exists = task.Key == "ref_avs";
        return !parsed.Events.SequenceEqual(events) ? "its events"
            : !parsed.Boxes.SequenceEqual(wanted.Count == 0 ? [] : [Around(wanted)]) ? "its box"
            : !parsed.Points.SequenceEqual(pointed && wanted.Count > 0 ? Points(wanted) : []) ? "its points"
            : parsed.Choice != (task.Grammar == AnswerGrammar.Choice ? facts.Answer!.Trim() : exists ? (facts.Described is null ? "false" : "true") : null) ? "its answer"
            : exists && parsed.Exists != facts.Described is not null ? "whether the object is there"
            : null;
    }

    private static string Tagged(AnswerEvent said) => $"<event> {said.Label} </event> <range> {Number(said.StartSeconds!.Value)},{Number(said.EndSeconds!.Value)} </range>";

    private static IEnumerable<string> Tracks(AnswerEvent said) => Apart(said).Select(one =>
    {
        string tag = one.Modality == EventModality.Audio ? "audio" : "visual";
        return $"<{tag}>{one.Label},({Number(one.StartSeconds!.Value)} {Number(one.EndSeconds!.Value)})</{tag}>";
    });

    // What is heard and seen together is an event of either track.
    private static IEnumerable<AnswerEvent> Apart(AnswerEvent said) => said.Modality == EventModality.AudioVisual
        ? [said with { Label = said.Label.Trim(), Modality = EventModality.Audio }, said with { Label = said.Label.Trim(), Modality = EventModality.Visual }]
        : [said with { Label = said.Label.Trim() }];

    private static string Where(AnswerBox box)
    {
        string? column = Third((box.X1 + box.X2) / 2) switch { 0 => "left", 2 => "right", _ => null }, row = Third((box.Y1 + box.Y2) / 2) switch { 0 => "top", 2 => "bottom", _ => null };
        return (row, column) switch
        {
            (null, null) => "in the middle",
            (null, { } side) => $"on the {side}",
            ({ } height, null) => $"at the {height}",
            ({ } height, { } side) => $"at the {height} {side}",
        };
    }

    private static long Third(long at) => Math.Clamp(at * 3 / Frame, 0, 2);

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Filled(string form, params (string Name, string Value)[] values)
    {
        // From left to right, so that a value that looks like a place stays a value.
        System.Text.StringBuilder text = new();
        for (int at = 0; at < form.Length;)
        {
            int open = form.IndexOf('{', at), close = open < 0 ? -1 : form.IndexOf('}', open);
            if (close < 0)
            {
                return text.Append(form, at, form.Length - at).ToString();
            }

            string name = form[(open + 1)..close];
            string value = values.Single(one => string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase)).Value.Trim();
            bool capital = char.IsUpper(name[0]) && value.Length > 0;
            text.Append(form, at, open - at).Append(capital ? char.ToUpperInvariant(value[0]) + value[1..] : value);
            at = close + 1;
        }

        return text.ToString();
    }

    private string Chosen(string[] forms, string sample, string what) => seed is null ? forms[0]
        : forms[(int)(MediaFiles.Identity(string.Create(CultureInfo.InvariantCulture, $"{seed}\n{sample}\n{what}")) % (uint)forms.Length)];

    private static Templates ReadTemplates()
    {
        using Stream stream = typeof(AnswerComposer).Assembly.GetManifestResourceStream("templates.json")!;
        return JsonSerializer.Deserialize<Templates>(stream, new JsonSerializerOptions(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true })!;
    }

    private sealed record Templates(
        string[] Both, string[] Heard, string[] Seen, string[] Sounding, string[] Silent, string[] Size, string[] Described, string[] Unseen, string[] Compared, string[] Absent, string[] A2v, string[] V2a, Dictionary<string, string[]> Conclusions);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>What can be asked about a scene, and the answers with their reasons, as entries of AV-UIE v2.</summary>
internal sealed class SceneQuestions(Scene scene)
{
    private static readonly string[] Numbers = ["one", "two", "three"];

    private static readonly Dictionary<WorldMotion, string[]> Motions = new()
    {
        [WorldMotion.Resting] = ["stays where it is", "does not move at all"],
        [WorldMotion.Sliding] = ["moves along a straight line", "goes straight up or straight down"],
        [WorldMotion.Jumping] = ["goes up and comes down again and again", "hops up and down"],
        [WorldMotion.Spinning] = ["turns round and round", "turns around its middle"],
        [WorldMotion.Swinging] = ["tilts to and fro", "leans to one side and then to the other"],
        [WorldMotion.Growing] = ["becomes larger and larger", "grows from small to large"],
        [WorldMotion.Shrinking] = ["becomes smaller and smaller", "goes from large to small"],
        [WorldMotion.Shaking] = ["trembles from side to side", "moves a little left and right all the time"],
    };

    private readonly AvUieSplit split = scene.Options.Split;

    private IReadOnlyList<WorldObject> Objects => scene.Pictures[0].Objects;

    private IReadOnlyList<WorldSound> Sounds => scene.Sounds[0].Sounds;

    private bool IsTraining => split == AvUieSplit.Train;

    /// <summary>See <see cref="Scene.Samples"/>.</summary>
    public IReadOnlyList<WorldSample> Samples(string key)
    {
        TaskDefinition task = TaskCatalog.Find(key) ?? throw new ArgumentException($"{key} is none of the task keys", nameof(key)), own = TaskCatalog.Find(scene.Options.Key)!;
        if (Group(task) != Group(own))
        {
            return [];
        }

        WorldRandom random = new WorldRandom(scene.Seed).Fork($"words {key}");
        int words = (int)(random.Next() >> 33);
        AnswerComposer composer = new(scene.Options.OneForm ? null : words);
        return [.. (task.Family switch
        {
            TaskFamily.QuestionAnswering => Questions(key, random, composer),
            TaskFamily.CrossModalMatching => key == scene.Options.Key ? [Matched(key, composer)] : [],
            TaskFamily.SpatialLocalization => Sounding(key, composer) is { } still ? [still] : [],
            TaskFamily.ReferringSegmentation => [Described(composer)],
            _ => Whole(key, random, composer) is { } whole ? [whole] : [],
        }).Select(Read)];
    }

    // Keys that can be asked about the same scene.
    private static int Group(TaskDefinition task) => task.Family switch
    {
        TaskFamily.TemporalLocalization or TaskFamily.QuestionAnswering or TaskFamily.Captioning => 0,
        var family => 1 + (int)family,
    };

    private WorldSample Read(BuiltEntry entry) => new(entry, AvUieLoader.Load(new AvUieEntry("", entry.Key, split, 0, JsonSerializer.SerializeToElement(entry.Fields))));

    private BuiltEntry? Whole(string key, WorldRandom random, AnswerComposer composer)
    {
        AnswerEvent[] both = Both();
        switch (key)
        {
            case "ave":
                return both is [{ } only]
                    ? Video(key, new SceneFacts { Evidence = Perception(), Events = both }, composer, ("event", only.Label), ("vid", scene.Name), ("start_time", (int)only.StartSeconds!), ("end_time", (int)only.EndSeconds!))
                    : null;
            case "unav":
                return both.Length > 0 ? Video(key, new SceneFacts { Evidence = Perception(), Events = both }, composer, ("vid", scene.Name)) : null;
            case "avvp":
                AnswerEvent[] lanes = [.. scene.Lanes.OrderBy(one => one.StartSeconds).ThenBy(one => one.Modality).ThenBy(one => one.Label, StringComparer.Ordinal)];
                return Video(key, new SceneFacts { Events = lanes }, composer, ("filename", scene.Name), ("vid", scene.Name),
                    ("event", string.Join(';', lanes.Select(one => FormattableString.Invariant($"{(one.Modality == EventModality.Audio ? "audio" : "visual")}:{one.Label} {one.StartSeconds} {one.EndSeconds}")))));
            case "avcap":
                return Video(key, new SceneFacts { Evidence = $"{Seen()}. {Heard()}", Caption = Caption() }, composer, ("video_id", scene.Name));
            case "ks" or "ucf":
                WorldObject mover = Objects[0];
                string action = WorldCatalog.Word(mover.Motion);
                return Video(key, new SceneFacts { Evidence = $"The {mover.Label} {(scene.Options.OneForm ? Motions[mover.Motion][0] : random.Of(Motions[mover.Motion]))}", Answer = action }, composer, key == "ks" ? ("action", action) : ("label", char.ToUpperInvariant(action[0]) + action[1..]));
            default:
                WorldEmotion mood = WorldCatalog.Emotions.First(one => one.Name == scene.Emotion);
                return Video(key, new SceneFacts { Evidence = $"{mood.Face}, and {mood.Voice}", Answer = mood.Name }, composer, (AvUieFields.Label(key)!, mood.Name));
        }
    }

    private IEnumerable<BuiltEntry> Questions(string key, WorldRandom random, AnswerComposer composer)
    {
        // First what the scene was made for; then, where more is wanted, other kinds in any order.
        List<(QuestionType Type, int Answer)> wanted = scene.Truth.Plan is { } plan ? [plan] : [];
        wanted.AddRange(random.Shuffled(Enum.GetValues<QuestionType>()).Where(type => wanted.All(one => one.Type != type)).Select(type => (type, random.Below(SceneDirector.AnswersOf(type)))));
        int asked = 0;
        foreach ((QuestionType type, int answer) in wanted)
        {
            if (asked < scene.Options.Questions && Ask(type, answer, key == "avqa_thu", random) is { } one)
            {
                asked++;
                SceneFacts facts = new() { Evidence = one.Evidence, Answer = one.Answer };
                yield return key == "avqa"
                    ? Video(key, facts, composer, ("video_id", scene.Name), ("question_id", (int)type), ("type", Kind(type)), ("question", one.Question), ("answer", one.Answer))
                    : Video(key, facts, composer, ("id", (int)type), ("video_name", scene.Name), ("video_id", scene.Name), ("question_relation", type is QuestionType.Where or QuestionType.Seen or QuestionType.CountSeen or QuestionType.Larger ? "View" : type is QuestionType.Heard or QuestionType.CountHeard or QuestionType.First or QuestionType.Longer ? "Sound" : "Both"),
                        ("question_type", one.Question.Split(' ')[0]), ("multi_choice", ConversationBuilder.PythonList(one.Options)), ("question_text", one.Question), ("answer", Array.IndexOf(one.Options, one.Answer)));
            }
        }
    }

    // The names of MUSIC-AVQA.
    private static string Kind(QuestionType type) => type switch
    {
        QuestionType.Where or QuestionType.Seen => """["Visual", "Location"]""",
        QuestionType.CountSeen => """["Visual", "Counting"]""",
        QuestionType.Larger => """["Visual", "Comparative"]""",
        QuestionType.Heard => """["Audio", "Existential"]""",
        QuestionType.CountHeard => """["Audio", "Counting"]""",
        QuestionType.Longer => """["Audio", "Comparative"]""",
        QuestionType.First => """["Audio", "Temporal"]""",
        QuestionType.OffScreen => """["Audio-Visual", "Existential"]""",
        _ => """["Audio-Visual", "Location"]""",
    };

    // A question of a kind whose answer is the wanted one where the kind has a choice; null where the scene does not give it.
    private Asked? Ask(QuestionType type, int answer, bool options, WorldRandom random)
    {
        string[] seen = [.. LeftToRight().Select(one => one.Label)], heard = [.. InTime().Select(one => one.Label)];
        string[] absent = random.Shuffled(WorldCatalog.Classes.Select(one => one.Name).Except(seen).Except(heard));
        string[] places = [.. Enum.GetValues<WorldPlace>().Select(WorldCatalog.Word)];
        bool yes = answer == 0;
        string iSee = Seen(), iHear = Heard();
        switch (type)
        {
            case QuestionType.Where:
                // Of several objects, where there is one at the wanted place, that one: then no place is more frequent.
                WorldObject there = Objects.FirstOrDefault(one => (int)one.Place == answer) ?? random.Of(Objects);
                return Objects.Count < 2 ? null
                    : new($"Where is the {there.Label}?", WorldCatalog.Word(there.Place), $"I see the {there.Label} {WorldCatalog.At(there.Place)}", random.Shuffled(places));
            case QuestionType.Seen:
                string[] unseen = [.. heard.Except(seen)];
                string named = yes || options ? random.Of(seen) : unseen.Length > 0 && random.OneIn(2) ? random.Of(unseen) : absent[0];
                return options ? new("Which of these can be seen?", named, iSee, random.Shuffled([named, .. random.Shuffled([.. unseen, .. absent[..3]])[..3]]))
                    : new($"Can the {named} be seen?", yes ? "yes" : "no", Weighed(seen, "seen", named), []);
            case QuestionType.Heard:
                string[] silent = [.. seen.Except(heard)];
                string called = yes || options ? random.Of(heard) : silent.Length > 0 && random.OneIn(2) ? random.Of(silent) : absent[0];
                return options ? new("Which of these can be heard?", called, iHear, random.Shuffled([called, .. random.Shuffled([.. silent, .. absent[..3]])[..3]]))
                    : new($"Can the {called} be heard?", yes ? "yes" : "no", Weighed(heard, "heard", called), []);
            case QuestionType.CountSeen:
                return new("How many objects can be seen?", Numbers[seen.Length - 1], iSee, random.Shuffled(Numbers));
            case QuestionType.CountHeard:
                return new("How many different sounds can be heard?", Numbers[heard.Length - 1], iHear, random.Shuffled(Numbers));
            case QuestionType.Larger:
                if (Objects.Count != 2 || Objects[0].IsLarge == Objects[1].IsLarge)
                {
                    return null;
                }

                WorldObject[] two = random.Shuffled(Objects);
                return new(options ? "Which of these is larger?" : $"Which is larger, the {two[0].Label} or the {two[1].Label}?", two.First(one => one.IsLarge).Label,
                    $"The {two[0].Label} is {SceneDirector.Size(two[0])} and the {two[1].Label} is {SceneDirector.Size(two[1])}", [two[0].Label, two[1].Label]);
            case QuestionType.First or QuestionType.Longer:
                if (Sounds.Count != 2)
                {
                    return null;
                }

                bool first = type == QuestionType.First;
                WorldSound[] pair = random.Shuffled(Sounds);
                int[] measure = [.. pair.Select(one => first ? -one.Start : one.End - one.Start)];
                return measure[0] == measure[1] || (!first && Math.Abs(measure[0] - measure[1]) < 2) ? null
                    : new(options ? (first ? "Which of these is heard first?" : "Which of these is heard longer?") : $"Which is heard {(first ? "first" : "longer")}, the {pair[0].Label} or the {pair[1].Label}?",
                        pair[measure[0] > measure[1] ? 0 : 1].Label,
                        $"The {pair[0].Label} is heard from second {pair[0].Start} to second {pair[0].End} and the {pair[1].Label} from second {pair[1].Start} to second {pair[1].End}",
                        [pair[0].Label, pair[1].Label]);
            case QuestionType.OffScreen:
                if (Sounds.Count != 1)
                {
                    return null;
                }

                bool inside = seen.Contains(heard[0]);
                string evidence = Weighed(seen, "seen", heard[0], $"{iHear}. ");
                return options ? new("Where does the sound come from?", inside ? "inside" : "outside", evidence, random.Shuffled(["inside", "outside"]))
                    : new("Is the object that makes the sound seen?", inside ? "yes" : "no", evidence, []);
            default:
                return Sounds.Count == 1 && Objects.FirstOrDefault(one => one.Label == heard[0]) is { } source
                    ? new("Where is the object that makes the sound?", WorldCatalog.Word(source.Place), $"{iHear}. I see the {source.Label} {WorldCatalog.At(source.Place)}", random.Shuffled(places))
                    : null;
        }
    }

    // Each of those by itself, and then the one that it is about again: whether it is among them is looked up, not counted.
    private static string Weighed(string[] those, string how, string one, string between = "") =>
        $"{string.Join(' ', those.Select(each => $"The {each} is {how}."))} {between}The {one} is {(those.Contains(one) ? "" : "not ")}{how}";

    private BuiltEntry? Sounding(string key, AnswerComposer composer)
    {
        SceneObject[] objects = Still();
        SceneObject[] sounding = [.. objects.Where(one => one.IsSounding)];
        if (sounding.Length != (key == "ms3" ? 2 : 1))
        {
            return null;
        }

        int index = scene.Truth.FrameIndex;
        string image = key == "arig" ? $"image/{scene.Name}/{index}.png" : $"image/{scene.Name}.png";
        JsonObject fields = Picture(image);
        fields["a_obj"] = string.Join(" and ", sounding.Select(one => one.Label));
        if (key == "arig")
        {
            if (!IsTraining)
            {
                fields["top_left"] = new JsonArray(sounding[0].Box.X1, sounding[0].Box.Y1);
                fields["bottom_right"] = new JsonArray(sounding[0].Box.X2, sounding[0].Box.Y2);
            }
        }
        else
        {
            (fields["vid"], fields["uid"]) = (scene.Name, FormattableString.Invariant($"{scene.Name}_{index}"));
        }

        if (key != "arig" || !IsTraining)
        {
            fields["frame_idx"] = index;
        }

        return Built(key, fields, new SceneFacts { Evidence = Heard(), Objects = objects }, composer);
    }

    private BuiltEntry Described(AnswerComposer composer)
    {
        int index = scene.Truth.FrameIndex;
        JsonObject fields = Picture($"image/{scene.Name}.png");
        (fields["vid"], fields["uid"], fields["fid"]) = (scene.Name, FormattableString.Invariant($"{scene.Name}_{index}"), FormattableString.Invariant($"{index}"));
        fields[IsTraining ? "idx" : "frame_idx"] = index;
        fields[IsTraining ? "description" : "object"] = scene.Truth.Description?.Words;
        WorldObject? described = scene.Truth.Described;
        if (!IsTraining)
        {
            fields["split"] = described is null ? "test_n" : "test_s";
        }

        SceneObject[] objects = [.. Still().Zip(LeftToRight(), (one, shown) => one with { Size = SceneDirector.Size(shown) })];
        return Built("ref_avs", fields, new SceneFacts
        {
            Evidence = Heard(),
            Objects = objects,
            Description = scene.Truth.Description,
            Described = described is null ? null : objects.First(one => one.Label == described.Label),
        }, composer);
    }

    private BuiltEntry Matched(string key, AnswerComposer composer)
    {
        JsonObject fields = [];
        bool pictures = key == "a2v";
        string[] labels = pictures ? [.. scene.Pictures.Select(one => one.Objects[0].Label)] : [.. scene.Sounds.Select(one => one.Sounds[0].Label)];
        string one = labels[scene.Truth.Correct];
        if (pictures)
        {
            (fields["video1_path"], fields["video2_path"], fields["audio_path"]) = ($"{scene.Name}_1.mp4", $"{scene.Name}_2.mp4", $"{scene.Name}.wav");
            (fields["correct_video"], fields["audio_event"], fields["video1_event"], fields["video2_event"]) = (scene.Truth.Correct + 1, one, labels[0], labels[1]);
        }
        else
        {
            (fields["video_path"], fields["audio1_path"], fields["audio2_path"]) = ($"{scene.Name}.mp4", $"{scene.Name}_1.wav", $"{scene.Name}_2.wav");
            (fields["correct_audio"], fields["audio1_event"], fields["video_event"], fields["audio2_event"]) = (scene.Truth.Correct + 1, labels[0], one, labels[1]);
        }

        return Built(key, fields, new SceneFacts { Match = (one, labels[0], labels[1]), Answer = scene.Truth.Correct == 0 ? "one" : "two" }, composer);
    }

    private JsonObject Picture(string image) => new() { [IsTraining ? "image_path" : "visual_path"] = image, ["audio_path"] = $"audio/{scene.Name}.wav" };

    private BuiltEntry Video(string key, SceneFacts facts, AnswerComposer composer, params (string Name, JsonNode? Value)[] others)
    {
        JsonObject fields = new() { ["video_path"] = $"{scene.Name}.mp4", ["audio_path"] = $"{scene.Name}.wav" };
        foreach ((string name, JsonNode? value) in others)
        {
            fields[name] = value;
        }

        fields["duration"] = scene.Seconds;
        return Built(key, fields, facts, composer);
    }

    private BuiltEntry Built(string key, JsonObject fields, SceneFacts facts, AnswerComposer composer)
    {
        fields[AvUieFields.Target(key)] = composer.Compose(key, facts, $"{scene.Name} {facts.Evidence}");
        return new BuiltEntry(key, fields, [.. AvUieFields.Media(key, split).Select(field => (string)fields[field]!).Select((name, place) => (name, Path.Combine(AvUieFields.Folder(key, AvUieFields.Media(key, split)[place]), name)))]);
    }

    // What is seen and heard at once, in the order in which it happens.
    private AnswerEvent[] Both() =>
    [
        .. Sounds.SelectMany(sound => Objects.Where(one => one.Label == sound.Label).Select(one => new AnswerEvent(sound.Label, EventModality.AudioVisual, Math.Max(sound.Start, one.Start), Math.Min(sound.End, one.End))))
            .Where(one => one.StartSeconds < one.EndSeconds).OrderBy(one => one.StartSeconds).ThenBy(one => one.EndSeconds).ThenBy(one => one.Label, StringComparer.Ordinal),
    ];

    /// <summary>See <see cref="Scene.Perception"/>.</summary>
    public string Perception()
    {
        List<string> sentences = [];
        foreach (WorldObject one in LeftToRight())
        {
            sentences.Add(Sounds.FirstOrDefault(sound => sound.Label == one.Label) is { } sound
                ? $"The {one.Label} is seen from second {one.Start} to second {one.End} and heard from second {sound.Start} to second {sound.End}."
                : $"The {one.Label} is seen from second {one.Start} to second {one.End} and not heard.");
        }

        sentences.AddRange(InTime().Where(sound => Objects.All(one => one.Label != sound.Label)).Select(sound => $"The {sound.Label} is heard from second {sound.Start} to second {sound.End} and not seen."));
        return string.Join(' ', sentences);
    }

    private string Seen() => $"I see {List(LeftToRight().Select(one => $"the {one.Label}"))}";

    private string Heard() => $"I hear {List(InTime().Select(one => $"the {one.Label}"))}";

    private string Caption()
    {
        string seen = List(LeftToRight().Select(one => $"the {SceneDirector.Size(one)} {one.Label} {WorldCatalog.At(one.Place)} is {WorldCatalog.Word(one.Motion)}"));
        string heard = List(InTime().Select(sound => $"the {sound.Label}{(Objects.Any(one => one.Label == sound.Label) ? "" : ", which is not seen,")} from second {sound.Start} to second {sound.End}"));
        return $"On a {scene.Pictures[0].Background.ColourName} background {seen}. The sound is of {heard}.";
    }

    private IEnumerable<WorldObject> LeftToRight() => Objects.OrderBy(one => one.X).ThenBy(one => one.Label, StringComparer.Ordinal);

    private IEnumerable<WorldSound> InTime() => Sounds.OrderBy(one => one.Start).ThenBy(one => one.Label, StringComparer.Ordinal);

    private SceneObject[] Still() => [.. LeftToRight().Select(one => new SceneObject(one.Label, one.BoxAt(0, 1)!, one.PointsAt(0, 1), Sounds.Any(sound => sound.Label == one.Label)))];

    private static string List(IEnumerable<string> words)
    {
        string[] all = [.. words];
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }

    private sealed record Asked(string Question, string Answer, string Evidence, string[] Options);
}

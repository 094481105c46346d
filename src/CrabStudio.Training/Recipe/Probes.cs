using System.Globalization;
using System.Text.RegularExpressions;
using CrabStudio.Tasks;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// Short questions about what is perceived, which a base learns beside the tasks' own: what is where, when, how it moves and
/// sounds; and drills in words alone, which bring every token and form of the tasks to the output.
/// </summary>
internal static partial class Probes
{
    /// <summary>Questions and answers about a scene, at most so many; those about boxes, motion and matching come several times as often.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="first">A sample of the scene, whose media are asked about.</param>
    /// <param name="count">How many.</param>
    /// <param name="random">Chooses.</param>
    public static IEnumerable<TrainingSample> About(Scene scene, TrainingSample first, int count, RandomNumbers random) => Ask(
        scene, "probe", [.. first.Conversation.Content.SkipLast(1)], first,
        scene.Pictures.Count > 1 || scene.Sounds.Count > 1 ? [("both", () => Both(scene)), ("both", () => Both(scene)), ("all", () => Everything(scene))]
            : [("all", () => Everything(scene)), .. Seen(scene, random), .. Heard(scene, random)],
        count, random);

    /// <summary>
    /// Questions and answers about what is seen alone, without the sounds: sounds are most of a prompt, and one thing is a few of
    /// its tokens, so that a decoder that hears and sees at once is long before it looks.
    /// </summary>
    /// <param name="scene">A scene of one picture.</param>
    /// <param name="first">A sample of the scene, whose picture is asked about.</param>
    /// <param name="count">How many.</param>
    /// <param name="random">Chooses.</param>
    public static IEnumerable<TrainingSample> Looks(Scene scene, TrainingSample first, int count, RandomNumbers random) =>
        Ask(scene, "look", [.. first.Conversation.Content.SkipLast(1).Where(item => item is not AudioItem)], first, [.. Seen(scene, random)], count, random);

    private static IEnumerable<TrainingSample> Ask(
        Scene scene, string name, ContentItem[] media, TrainingSample first, (string Kind, Func<(string Question, string Answer)?> Words)[] kinds, int count, RandomNumbers random)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        for (int tries = 0; tries < 4 * count && asked.Count < count; tries++)
        {
            (string kind, Func<(string Question, string Answer)?> words) = kinds[random.Below(kinds.Length)];
            if (words() is { } one && asked.Add(one.Question))
            {
                yield return new TrainingSample($"{name}:{kind}:{scene.Name}:{asked.Count - 1}", new Conversation(first.Conversation.TaskKey, [.. media, new TextItem(one.Question)]), one.Answer);
            }
        }
    }

    /// <summary>
    /// The last step of a task alone: without its media, but with the sentences on what is perceived given. Within the task it is
    /// one of a thousand tokens that tells right from wrong, too little to be learnt from.
    /// </summary>
    /// <param name="sample">A sample of a task, in the one form of words.</param>
    /// <returns>Null where what is perceived does not decide.</returns>
    public static TrainingSample? Conclusion(TrainingSample sample)
    {
        string question = ((TextItem)sample.Conversation.Content[^1]).Text, told = sample.Target;
        if (Conclusions().Match(told) is not { Success: true, Index: var begin })
        {
            return null;
        }

        // A box stands in no sentence.
        int box = told.IndexOf(", in the box", StringComparison.Ordinal);
        return Drill("conclude", 0, question, box < 0 ? told : $"{told[..box]}.") with { Given = told[..begin] };
    }

    // How the last sentences of a task's answer begin: what is concluded, or what is asked about again after what there is.
    [GeneratedRegex(@" So | The option that fits | The description is | The \w+ is (not )?(seen|heard)\. So ", RegexOptions.CultureInvariant)]
    private static partial Regex Conclusions();

    /// <summary>Drills in words alone.</summary>
    /// <param name="texts">Questions and answers to repeat.</param>
    /// <param name="random">Chooses.</param>
    public static IEnumerable<TrainingSample> Drills(IReadOnlyList<string> texts, RandomNumbers random)
    {
        for (int place = 0; place < texts.Count; place++)
        {
            yield return Drill("text", place, $"Repeat this: {texts[place]}", texts[place]);
        }

        // What tokens and forms cannot show: to compare two names, to choose between two, to copy one number of four, and to
        // find by its name what was said of one thing among others. What is learnt of words holds for pictures and sounds too.
        (string Kind, (string Question, string Answer) Words)[] more =
        [
            ("row", Row(random)), ("follows", Follows(random)), ("same", Same(random)), ("which", Which(random)), ("edge", Edge(random)), ("box", Boxes(random)), ("motion", Motions(random)), ("times", Times(random)),
        ];
        foreach ((string kind, (string question, string answer)) in more)
        {
            yield return Drill(kind, 0, question, answer);
        }
    }

    private static (string, string) Row(RandomNumbers random)
    {
        string row = string.Join(' ', Classes(3 + random.Below(5), random));
        return ($"Repeat this: {row}", row);
    }

    private static (string, string) Follows(RandomNumbers random)
    {
        string[] row = Classes(3 + random.Below(4), random);
        int asked = random.Below(row.Length - 1);
        return ($"{string.Join(", ", row)}. What follows the {row[asked]}?", $"The {row[asked + 1]}.");
    }

    private static (string, string) Same(RandomNumbers random)
    {
        (string one, string other) = (Class(random), Class(random));
        other = random.Below(2) == 0 ? one : other;
        return ($"Are these the same, {one} and {other}?", one == other ? "The same." : "Different.");
    }

    private static (string, string) Which(RandomNumbers random)
    {
        string[] two = Classes(2, random);
        int right = random.Below(2);
        return ($"The first is {two[0]}, the second is {two[1]}. Which is {two[right]}?", $"So it is <answer>{(right == 0 ? "one" : "two")}</answer>");
    }

    private static (string, string) Edge(RandomNumbers random)
    {
        int[] numbers = Numbers(random);
        int edge = random.Below(4);
        return ($"Of the box [{string.Join(',', numbers)}], which is the {new[] { "left", "top", "right", "bottom" }[edge]} edge?", $"{numbers[edge]}");
    }

    private static (string, string) Boxes(RandomNumbers random) => Told(random, "Where is the {0}?", "The {0} is in the box {1}.", () => $"[{string.Join(',', Numbers(random))}]");

    private static (string, string) Motions(RandomNumbers random) => Told(random, "How does the {0} move?", "The {0} is {1}.", () => WorldCatalog.Word(Enum.GetValues<WorldMotion>()[random.Below(Enum.GetValues<WorldMotion>().Length)]));

    private static (string, string) Times(RandomNumbers random) => Told(random, "When is the {0} heard?", "The {0} is heard {1}.", () =>
    {
        int start = random.Below(9);
        return $"from second {start} to second {start + 1 + random.Below(10 - start)}";
    });

    // Of two to four things something is said, and of one of them it is asked again.
    private static (string, string) Told(RandomNumbers random, string question, string sentence, Func<string> thing)
    {
        string[] names = Classes(2 + random.Below(3), random);
        string[] told = [.. names.Select(name => string.Format(CultureInfo.InvariantCulture, sentence, name, thing()))];
        int asked = random.Below(names.Length);
        return ($"{string.Join(' ', told)} {string.Format(CultureInfo.InvariantCulture, question, names[asked])}", told[asked]);
    }

    private static int[] Numbers(RandomNumbers random) => [.. Enumerable.Range(0, 4).Select(_ => random.Below(WorldStage.Side))];

    // Different ones.
    private static string[] Classes(int count, RandomNumbers random)
    {
        var names = new List<string>();
        while (names.Count < count)
        {
            if (Class(random) is { } name && !names.Contains(name))
            {
                names.Add(name);
            }
        }

        return [.. names];
    }

    private static TrainingSample Drill(string kind, int place, string question, string answer) => new($"drill:{kind}:{place}", new Conversation("", [new TextItem(question)]), answer);

    private static IEnumerable<(string, Func<(string, string)?>)> Seen(Scene scene, RandomNumbers random)
    {
        WorldStage stage = scene.Pictures[0];
        WorldObject One() => stage.Objects[random.Below(stage.Objects.Count)];
        (string, string)? Box()
        {
            WorldObject one = One();
            // The frame that is seen first of that second; a still has one.
            int second = scene.IsStill ? 0 : one.Start + random.Below(Math.Max(1, one.End - one.Start));
            return one.BoxAt(second * WorldStage.FramesPerSecond, stage.Frames) is { } box
                ? ($"Where is the {one.Label}{(scene.IsStill ? "" : $" at second {second}")}?", $"The {one.Label} is in the box [{box.X1},{box.Y1},{box.X2},{box.Y2}].")
                : null;
        }

        (string, string)? Side()
        {
            WorldPlace place = (WorldPlace)random.Below(Enum.GetValues<WorldPlace>().Length);
            return ($"What is at the {WorldCatalog.Word(place)}?", stage.Objects.FirstOrDefault(one => one.Place == place) is { } there ? $"The {there.Label}." : "Nothing.");
        }

        // In the words of the tasks that ask for it.
        (string, string)? Place()
        {
            WorldObject one = One();
            return ($"Where is the {one.Label}?", $"I see the {one.Label} {WorldCatalog.At(one.Place)}.");
        }

        (string, string)? Motion()
        {
            WorldObject one = One();
            return ($"How does the {one.Label} move?", $"The {one.Label} is {WorldCatalog.Word(one.Motion)}.");
        }

        (string, string)? Size()
        {
            WorldObject one = One();
            return ($"How large is the {one.Label}?", $"The {one.Label} is {(one.IsLarge ? "large" : "small")}.");
        }

        (string, string)? When()
        {
            WorldObject one = One();
            return ($"When is the {one.Label} seen?", $"The {one.Label} is seen from second {one.Start} to second {one.End}.");
        }

        yield return ("seen", () => ("What is seen, from left to right?", $"I see {List(stage.Objects.OrderBy(one => one.X).ThenBy(one => one.Label, StringComparer.Ordinal).Select(one => $"the {one.Label}"))}."));
        yield return ("colour", () => ("What colour is the background?", $"The background is {stage.Background.ColourName}."));
        yield return ("side", Side);
        yield return ("side", Side);
        for (int more = 0; more < 4; more++)
        {
            yield return ("box", Box);
        }

        yield return ("size", Size);
        if (scene.Emotion is { } emotion)
        {
            yield return ("face", () => ("What does the face show?", $"The face is {emotion}."));
        }

        if (scene.IsStill)
        {
            yield break;
        }

        for (int more = 0; more < 3; more++)
        {
            yield return ("motion", Motion);
            yield return ("place", Place);
        }

        yield return ("at", () => At(random.Below(scene.Seconds), scene, heard: false));
        yield return ("when", When);
    }

    private static IEnumerable<(string, Func<(string, string)?>)> Heard(Scene scene, RandomNumbers random)
    {
        (string, string)? When()
        {
            WorldSound one = scene.Sounds[0].Sounds[random.Below(scene.Sounds[0].Sounds.Count)];
            return ($"When is the {one.Label} heard?", $"The {one.Label} is heard from second {one.Start} to second {one.End}.");
        }

        yield return ("heard", () => ("What is heard, one after the other?", $"I hear {List(InTime(scene).Select(one => $"the {one.Label}"))}."));
        if (scene.Emotion is { } emotion)
        {
            yield return ("voice", () => ("How does the voice sound?", $"The voice is {emotion}."));
        }

        if (scene.IsStill)
        {
            yield break;
        }

        yield return ("at", () => At(random.Below(scene.Seconds), scene, heard: true));
        yield return ("when", When);
    }

    private static (string, string)? Everything(Scene scene) => ("What is seen and heard?", string.Join(
        ' ',
        scene.Pictures.SelectMany(stage => stage.Objects.OrderBy(one => one.X).ThenBy(one => one.Label, StringComparer.Ordinal)).Select(one => $"The {one.Label} is seen{Range(scene, one.Start, one.End)}.")
            .Concat(scene.Sounds.SelectMany(track => track.Sounds.OrderBy(one => one.Start).ThenBy(one => one.Label, StringComparer.Ordinal)).Select(one => $"The {one.Label} is heard{Range(scene, one.Start, one.End)}."))));

    private static (string, string)? Both(Scene scene)
    {
        bool pictures = scene.Pictures.Count > 1;
        string[] labels = pictures ? [.. scene.Pictures.Select(stage => stage.Objects[0].Label)] : [.. scene.Sounds.Select(track => track.Sounds[0].Label)];
        string one = pictures ? scene.Sounds[0].Sounds[0].Label : scene.Pictures[0].Objects[0].Label;
        string compared = string.Join(", ", labels.Select((label, place) => $"the {(place == 0 ? "first" : "second")} is {label}{(label == one ? ", the same" : ", another")}"));
        return ("Which two are the same?", $"{(pictures ? "The sound" : "The video")} is {one}; {compared}. So it is <answer>{(labels[0] == one ? "one" : "two")}</answer>");
    }

    private static (string, string)? At(int second, Scene scene, bool heard)
    {
        string[] labels = heard ? [.. InTime(scene).Where(one => one.Start <= second && second < one.End).Select(one => $"the {one.Label}")]
            : [.. scene.Pictures[0].Objects.Where(one => one.Start <= second && second < one.End).OrderBy(one => one.X).Select(one => $"the {one.Label}")];
        return ($"What is {(heard ? "heard" : "seen")} at second {second}?", $"At second {second} I {(heard ? "hear" : "see")} {(labels.Length == 0 ? "nothing" : List(labels))}.");
    }

    private static IEnumerable<WorldSound> InTime(Scene scene) => scene.Sounds[0].Sounds.OrderBy(one => one.Start).ThenBy(one => one.Label, StringComparer.Ordinal);

    private static string Class(RandomNumbers random) => WorldCatalog.Classes[random.Below(WorldCatalog.Classes.Count)].Name;

    // A still has no time.
    private static string Range(Scene scene, int start, int end) => scene.IsStill ? "" : $" from second {start} to second {end}";

    private static string List(IEnumerable<string> words)
    {
        string[] all = [.. words];
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}

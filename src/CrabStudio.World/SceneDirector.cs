using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>
/// Decides what happens in a scene. Everything is drawn from forks of the seed for a purpose of its own, and what is asked and
/// what the answer is to be are drawn before what could betray them, so that no answer can be guessed from place, background,
/// time or class.
/// </summary>
internal sealed class SceneDirector
{
    private const int StillSeconds = 5;
    private const int ShortSeconds = 4;
    private const int LongSeconds = 10;

    private static readonly WorldMotion[] Calm = [WorldMotion.Resting, WorldMotion.Jumping, WorldMotion.Spinning, WorldMotion.Swinging, WorldMotion.Shaking];
    private static readonly WorldMotion[] AnyMotion = Enum.GetValues<WorldMotion>();

    private readonly SceneOptions options;
    private readonly TaskDefinition task;
    private readonly WorldRandom root, plan, looks, times, voices;

    public SceneDirector(ulong seed, SceneOptions options)
    {
        this.options = options;
        task = TaskCatalog.Find(options.Key) ?? throw new ArgumentException($"{options.Key} is none of the task keys", nameof(options));
        if (options.Seconds is < ShortSeconds or > LongSeconds || options.TakeCount < 1 || options.Questions < 1)
        {
            throw new ArgumentException($"a scene has {ShortSeconds} to {LongSeconds} seconds, at least one take and at least one question", nameof(options));
        }

        root = new WorldRandom(WorldRandom.Key(seed, options.Split.ToString()));
        (plan, looks, times, voices) = (root.Fork("plan"), root.Fork("looks"), root.Fork("times"), root.Fork("voices"));
    }

    private bool IsTest => options.Split == AvUieSplit.Test;

    private int Seconds => task.Family switch
    {
        TaskFamily.TemporalLocalization or TaskFamily.QuestionAnswering or TaskFamily.Captioning => options.Seconds ?? LongSeconds,
        TaskFamily.ReferringSegmentation => LongSeconds,
        TaskFamily.SpatialLocalization => StillSeconds,
        _ => ShortSeconds,
    };

    public SceneTruth Direct() => task.Family switch
    {
        TaskFamily.QuestionAnswering => Question(),
        TaskFamily.TemporalLocalization or TaskFamily.Captioning => Happening(),
        TaskFamily.ActionRecognition => Action(),
        TaskFamily.EmotionRecognition => Emotion(),
        TaskFamily.CrossModalMatching => Matching(),
        TaskFamily.ReferringSegmentation => Referring(),
        _ => Sounding(),
    };

    private SceneTruth Happening()
    {
        (int count, int sounding, int off) = options.Key switch
        {
            "ave" => (plan.Between(1, 2), 1, plan.OneIn(4) ? 1 : 0),
            "unav" => (plan.Between(1, 3), plan.Between(1, 2), 0),
            _ => (plan.Between(1, options.Key == "avcap" ? 2 : 3), 0, 0),
        };
        if (options.Key is "avvp" or "avcap")
        {
            // Four sounds of five are of something that is seen.
            for (int sounds = plan.Between(1, 2); sounds > 0; sounds--)
            {
                bool seen = sounding < count && !plan.OneIn(5);
                (sounding, off) = (sounding + (seen ? 1 : 0), off + (seen ? 0 : 1));
            }
        }

        sounding = Math.Min(sounding, count);
        int[] classes = Together(count + off);
        WorldObject[] objects = Objects(classes[..count], count == 1 ? AnyMotion : Calm, Span);
        List<WorldSound> heard = [];
        for (int place = 0; place < sounding; place++)
        {
            (int start, int end) = Span(2);
            // What is to be seen and heard at once must be so for two seconds.
            while (options.Key is "ave" or "unav" && Math.Min(end, objects[place].End) - Math.Max(start, objects[place].Start) < 2)
            {
                (start, end) = Span(2);
            }

            heard.Add(Sound(classes[place], start, end));
        }

        foreach (int other in classes[count..])
        {
            (int start, int end) = Span(2);
            heard.Add(Sound(other, start, end));
        }

        return Scene(objects, heard);
    }

    private SceneTruth Question()
    {
        QuestionType type = (QuestionType)plan.Below(Enum.GetValues<QuestionType>().Length);
        int answer = plan.Below(AnswersOf(type));
        (int count, int sounding, int off) = type switch
        {
            QuestionType.Where => (plan.Between(2, 3), plan.Below(2), plan.Below(2)),
            QuestionType.Seen => (plan.Between(1, 3), plan.Between(0, 1), plan.Between(0, 1)),
            QuestionType.Heard => (plan.Between(1, 3), plan.Between(0, 1), 1),
            QuestionType.CountSeen => (answer + 1, plan.Between(0, 1), plan.Between(0, 1)),
            QuestionType.CountHeard => (plan.Between(1, 3), 0, 0),
            QuestionType.Larger => (2, plan.Between(0, 1), plan.Between(0, 1)),
            QuestionType.First or QuestionType.Longer => (plan.Between(1, 3), 0, 0),
            QuestionType.OffScreen => (plan.Between(1, 3), answer == 0 ? 1 : 0, answer == 0 ? 0 : 1),
            _ => (plan.Between(2, 3), 1, 0),
        };
        if (type is QuestionType.CountHeard or QuestionType.First or QuestionType.Longer)
        {
            int sounds = type == QuestionType.CountHeard ? answer + 1 : 2;
            sounding = Math.Min(count, plan.Between(0, sounds));
            off = sounds - sounding;
        }
        else if (sounding + off == 0)
        {
            // A clip is never silent.
            (sounding, off) = plan.OneIn(2) ? (1, 0) : (0, 1);
        }

        int[] classes = Together(count + off);
        WorldObject[] objects = Objects(classes[..count], Calm, Span, type == QuestionType.Larger);
        int[] heard = [.. classes[..sounding], .. classes[count..]];
        (int Start, int End)[] ranges;
        do
        {
            ranges = [.. heard.Select(_ => Span(2))];
        }
        while ((type == QuestionType.First && ranges[0].Start == ranges[1].Start) || (type == QuestionType.Longer && Math.Abs(ranges[0].End - ranges[0].Start - (ranges[1].End - ranges[1].Start)) < 2));

        return Scene(objects, [.. heard.Select((one, place) => Sound(one, ranges[place].Start, ranges[place].End))]) with { Plan = (type, answer) };
    }

    /// <summary>How many answers a question is to have equally often.</summary>
    internal static int AnswersOf(QuestionType type) => type is QuestionType.Where or QuestionType.CountSeen or QuestionType.SoundingPlace ? 3 : 2;

    private SceneTruth Action()
    {
        int[] classes = Together(1);
        (int start, int end) = Span(2);
        return Scene(Objects(classes, AnyMotion, Whole), [Sound(classes[0], start, end)]);
    }

    private SceneTruth Emotion()
    {
        WorldEmotion mood = plan.Of(WorldCatalog.Emotions);
        WorldObject face = Object(plan.Of(mood.Faces), "face", (WorldPlace)looks.Below(3), true, looks.Of(Calm), Whole(0));
        WorldSound voice = new("voice", mood.Name, 0, Seconds, Takes(), Gain());
        return Scene([face with { IsMirrored = false, Turn = 0 }], [voice]) with { Emotion = mood.Name };
    }

    private SceneTruth Matching()
    {
        int[] classes = Together(2);
        int correct = plan.Below(2);
        bool pictures = options.Key == "a2v";
        WorldStage[] stages = [.. (pictures ? classes : [classes[correct]]).Select(one => Stage(Objects([one], AnyMotion, Whole)))];
        WorldTrack[] tracks = [.. (pictures ? [classes[correct]] : classes).Select(one => Track([Sound(one, 0, Seconds)]))];
        return new SceneTruth(stages, tracks) { Correct = correct };
    }

    private SceneTruth Sounding()
    {
        int sounding = options.Key == "ms3" ? 2 : 1, count = plan.Between(sounding, 3);
        int[] classes = Together(count);
        WorldObject[] objects = Objects(classes, [WorldMotion.Resting], Whole);
        return Scene(objects, [.. classes[..sounding].Select(one => Sound(one, 0, Seconds))]) with { FrameIndex = plan.Below(task.Parts) };
    }

    private SceneTruth Referring()
    {
        bool exists = plan.OneIn(2);
        int form = plan.Below(4), count = plan.Between(2, 3);
        // The sound is of something that is not seen only where just that is asked, or as often when it is not.
        bool off = form == 2 ? !exists : plan.OneIn(2);
        int[] classes = Together(count + (off ? 1 : 0));
        string absent = plan.Of([.. WorldCatalog.Classes.Where((_, one) => !classes.Contains(one))]).Name;
        WorldObject[] objects = Objects(classes[..count], [WorldMotion.Resting], Whole);
        WorldObject sounds = objects[0], asked = objects[plan.Below(count)];
        WorldPlace[] others = [.. Enum.GetValues<WorldPlace>().Where(place => place != asked.Place)];
        WorldPlace elsewhere = plan.Of(others);
        WorldSound sound = Sound(off ? classes[count] : classes[0], 0, Seconds);
        string size = exists == asked.IsLarge ? "large" : "small";
        WorldPlace place = exists ? asked.Place : elsewhere;
        SceneDescription words = form switch
        {
            0 => new($"the {(exists ? asked.Label : absent)}", exists ? asked.Label : absent),
            1 => new($"the {asked.Label} {WorldCatalog.At(place)}", asked.Label, WorldCatalog.Word(place), WorldCatalog.Word(asked.Place)),
            2 => new("the object that makes the sound", sound.Label),
            _ => new($"the {size} {asked.Label}", asked.Label, size, Size(asked)),
        };
        return Scene(objects, [sound]) with { Description = words, Described = !exists ? null : form == 2 ? sounds : asked, FrameIndex = plan.Below(task.Parts) };
    }

    /// <summary>The word for the kind of size.</summary>
    internal static string Size(WorldObject one) => one.IsLarge ? "large" : "small";

    private SceneTruth Scene(WorldObject[] objects, IReadOnlyList<WorldSound> sounds) => new([Stage(objects)], [Track(sounds)]);

    private WorldStage Stage(WorldObject[] objects)
    {
        int colour, pattern;
        do
        {
            (colour, pattern) = (looks.Below(WorldCatalog.Colours.Count), looks.Below(WorldCatalog.Patterns.Count));
        }
        while (WorldCatalog.IsTestBackground(colour, pattern) != IsTest);

        // In front is what comes last in no order that tells anything.
        return new WorldStage(
            new WorldBackground(colour, pattern, looks.Between(-14, 14), looks.Between(14, 34), looks.Next()),
            looks.Shuffled(objects),
            task.Media == TaskMedia.StillWithSound ? 1 : Seconds * WorldStage.FramesPerSecond);
    }

    private WorldTrack Track(IReadOnlyList<WorldSound> sounds) => new(voices.Shuffled(sounds), Seconds, options.Split, voices.Next());

    // Different classes, whose pairs are of the split.
    private int[] Together(int count)
    {
        int all = WorldCatalog.Classes.Count;
        List<int> classes = [plan.Below(all)];
        while (classes.Count < count)
        {
            // Of the test split, one pair that training does not have makes the whole unseen.
            int[] free = [.. Enumerable.Range(0, all).Where(one => !classes.Contains(one) && (IsTest
                ? classes.Count > 1 || WorldCatalog.IsTestPair(one, classes[0])
                : classes.All(other => !WorldCatalog.IsTestPair(one, other))))];
            classes.Add(plan.Of(free));
        }

        return plan.Shuffled(classes);
    }

    private WorldObject[] Objects(int[] classes, WorldMotion[] motions, Func<int, (int Start, int End)> when, bool bothSizes = false)
    {
        WorldPlace[] places = looks.Shuffled(Enum.GetValues<WorldPlace>());
        bool large = looks.OneIn(2);
        return [.. classes.Select((one, place) =>
        {
            WorldClass kind = WorldCatalog.Classes[one];
            bool isLarge = bothSizes ? large == (place == 0) : looks.OneIn(2);
            return Object(kind.Picture, kind.Name, places[place], isLarge, looks.Of(motions), when(3), classes.Length == 1);
        })];
    }

    private WorldObject Object(string picture, string label, WorldPlace place, bool large, WorldMotion motion, (int Start, int End) when, bool alone = true)
    {
        int size = alone ? (large ? looks.Between(19, 24) : looks.Between(12, 15)) * 4 : (large ? looks.Between(16, 18) : looks.Between(10, 12)) * 4;
        int direction = looks.OneIn(2) ? 1 : -1;
        (int span, int cycles) = motion switch
        {
            WorldMotion.Sliding => (looks.Between(64, 104), 16),
            WorldMotion.Jumping => (looks.Between(28, 44), looks.Between(44, 66)),
            WorldMotion.Spinning => (0, looks.Between(18, 34)),
            WorldMotion.Swinging => (looks.Between(2, 3), looks.Between(30, 48)),
            WorldMotion.Shaking => (alone ? looks.Between(10, 16) : looks.Between(7, 9), looks.Between(52, 68)),
            _ => (0, 16),
        };
        // Everything stays in the frame, and rests at no height that would tell how it moves.
        bool still = task.Media == TaskMedia.StillWithSound;
        int edge = (size / 2) + 2, margin = still ? 0 : alone ? 52 : 22;
        int x = Math.Clamp(38 + (74 * (int)place) + looks.Between(-6, 6), edge, WorldStage.Side - edge), y = looks.Between(edge + margin, WorldStage.Side - edge - margin);
        return new WorldObject
        {
            Label = label,
            Picture = picture,
            Start = when.Start,
            End = when.End,
            Place = place,
            X = x,
            Y = y,
            Size = size,
            IsLarge = large,
            Motion = motion,
            Direction = direction,
            Span = span,
            Cycles = cycles,
            IsMirrored = looks.OneIn(2),
            Shade = looks.Between(208, 256),
            Turn = looks.Between(-1, 1),
        };
    }

    private WorldSound Sound(int one, int start, int end) => new(WorldCatalog.Classes[one].Name, WorldCatalog.Classes[one].Name, start, end, Takes(), Gain());

    // Takes that are rendered together: notes near one another or one after the other would tell no more.
    private int[] Takes()
    {
        int chunk = voices.Below((options.TakeCount + SoundBank.ChunkTakes - 1) / SoundBank.ChunkTakes) * SoundBank.ChunkTakes;
        int last = Math.Min(options.TakeCount - chunk, SoundBank.ChunkTakes);
        return [.. Enumerable.Range(0, 3).Select(_ => chunk + voices.Below(last))];
    }

    private int Gain() => voices.Between(180, 320);

    // Half of all are seen from the first to the last second.
    private (int Start, int End) Span(int least) => least > 2 && times.OneIn(2) ? (0, Seconds) : Length(least);

    private (int Start, int End) Length(int least)
    {
        int length = times.Between(Math.Min(least, Seconds), Seconds), start = times.Between(0, Seconds - length);
        return (start, start + length);
    }

    private (int Start, int End) Whole(int _) => (0, Seconds);
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.AvUie;

/// <summary>An entry that was built, and the files it needs.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Fields">The entry.</param>
/// <param name="Media">Files as the tables name them → where the entry expects them below the key's folder.</param>
public sealed record BuiltEntry(string Key, JsonObject Fields, IReadOnlyList<(string Source, string Place)> Media);

/// <summary>
/// Plain annotation tables → entries of AV-UIE v2 whose answers say first what is heard and seen, when and where, and then
/// conclude. Which tables serve which keys: events ave, unav, avvp, a2v, v2a; questions avqa, avqa_thu; clips avcap, ks, ucf and
/// the emotions; boxes arig, s4, ms3, ref_avs. What a key cannot take (a clip with two events, for ave) is not an entry of it.
/// </summary>
/// <param name="set">The tables.</param>
/// <param name="split">Which list is built; its fields differ (see <see cref="AvUieFields"/>).</param>
/// <param name="seed">Chooses words, and partners of a2v and v2a.</param>
public sealed class AvUieBuilder(AnnotationSet set, AvUieSplit split, int seed)
{
    private const int Frame = 224;

    private readonly AnswerComposer composer = new(seed);
    private readonly Lazy<AnnotatedClip[]> labelled = new(() => [.. set.Clips.Where(clip => clip.Video is not null && clip.Sound is not null && Only(clip) is not null)]);
    private readonly Lazy<Dictionary<string, int>> questions = new(() => set.Clips.SelectMany(clip => clip.Questions).Select((row, number) => (row.Place, number)).ToDictionary(one => one.Place, one => one.number));

    /// <summary>Told each row that cannot become an entry, and why.</summary>
    public required Action<AvUieException> Refuse { get; init; }

    /// <summary>The entries of a key, in the order of the tables.</summary>
    public IEnumerable<BuiltEntry> Build(string key) => key switch
    {
        "ave" => Each(set.Clips, Row, clip => Events(clip).Where(one => one.Modality == EventModality.AudioVisual).ToArray() is [{ } only] ? Ave(clip, only) : null),
        "unav" => Each(set.Clips, Row, Unav),
        "avvp" => Each(set.Clips, Row, Avvp),
        "avqa" => Each(set.Clips.SelectMany(clip => clip.Questions, (clip, row) => (clip, row)), one => one.row, one => one.row["options"] is null ? Question(one.clip, one.row) : null),
        "avqa_thu" => Each(set.Clips.SelectMany(clip => clip.Questions, (clip, row) => (clip, row)), one => one.row, one => one.row["options"] is { } options ? Choice(one.clip, one.row, options) : null),
        "avcap" => Each(set.Clips, Row, clip => clip.Row["caption"] is { } caption ? Entry(key, Scene(clip) with { Caption = caption }, clip.Id, clip, clip.Row, ("video_id", clip.Id)) : null),
        "ks" => Each(set.Clips, Row, clip => clip.Row["action"] is { } action ? Entry(key, Scene(clip) with { Answer = action }, clip.Id, clip, clip.Row, ("action", action)) : null),
        "ucf" => Each(set.Clips, Row, clip => clip.Row["action"] is { } action ? Entry(key, Scene(clip) with { Answer = action.ToLowerInvariant() }, clip.Id, clip, clip.Row, ("label", action)) : null),
        "meld" or "mer24" or "cremad" or "mafw" or "dfew" =>
            Each(set.Clips, Row, clip => clip.Row["emotion"] is { } emotion ? Entry(key, Scene(clip) with { Answer = emotion }, clip.Id, clip, clip.Row, (AvUieFields.Label(key)!, emotion)) : null),
        "arig" or "s4" or "ms3" => Each(Frames(), frame => frame.Rows[0], frame => Sounding(key, frame)),
        "ref_avs" => Each(Frames().SelectMany(frame => frame.Rows.Where(row => row["description"] is not null), (frame, row) => (frame, row)), one => one.row, one => Described(one.frame, one.row)),
        "a2v" or "v2a" => Each(set.Clips, Row, clip => Matched(key, clip)),
        _ => throw new ArgumentException($"{key} is none of the keys {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}", nameof(key)),
    };

    private static AnnotationRow Row(AnnotatedClip clip) => clip.Row;

    private static IEnumerable<AnswerEvent> Events(AnnotatedClip clip) => clip.Events.Select(one => one.Event);

    private static SceneFacts Scene(AnnotatedClip clip) => new() { Events = [.. Events(clip)], Evidence = clip.Row["evidence"] ?? "" };

    private IEnumerable<BuiltEntry> Each<T>(IEnumerable<T> rows, Func<T, AnnotationRow> place, Func<T, BuiltEntry?> make)
    {
        foreach (T row in rows)
        {
            BuiltEntry? made = null;
            try
            {
                made = make(row);
            }
            catch (AvUieException fault)
            {
                Refuse(fault);
            }
            catch (ArgumentException fault)
            {
                Refuse(new AvUieException(place(row).Place, null, null, fault.Message));
            }

            if (made is not null)
            {
                yield return made;
            }
        }
    }

    private BuiltEntry Ave(AnnotatedClip clip, AnswerEvent said)
    {
        AnswerEvent seconds = Seconds(clip, said);
        return Entry("ave", Scene(clip) with { Events = [seconds] }, clip.Id, clip, clip.Row,
            ("event", said.Label), ("vid", clip.Id), ("start_time", (int)seconds.StartSeconds!), ("end_time", (int)seconds.EndSeconds!));
    }

    private BuiltEntry? Unav(AnnotatedClip clip)
    {
        AnswerEvent[] both = [.. Events(clip).Where(one => one.Modality == EventModality.AudioVisual)];
        return both.Length == 0 ? null : Entry("unav", Scene(clip) with { Events = both }, clip.Id, clip, clip.Row, ("vid", clip.Id));
    }

    private BuiltEntry? Avvp(AnnotatedClip clip)
    {
        AnswerEvent[] events = [.. Events(clip).Select(said => Seconds(clip, said))];
        string tracks = string.Join(';', events.SelectMany(said => new[] { EventModality.Audio, EventModality.Visual }.Where(track => said.Modality == track || said.Modality == EventModality.AudioVisual)
            .Select(track => string.Create(CultureInfo.InvariantCulture, $"{(track == EventModality.Audio ? "audio" : "visual")}:{said.Label} {said.StartSeconds} {said.EndSeconds}"))));
        return events.Length == 0 ? null : Entry("avvp", Scene(clip) with { Events = events }, clip.Id, clip, clip.Row, ("filename", clip.Id), ("vid", clip.Id), ("event", tracks));
    }

    // ave and avvp count the whole seconds of a clip that counts as ten: those that an event touches.
    private static AnswerEvent Seconds(AnnotatedClip clip, AnswerEvent said)
    {
        AnnotationRow row = clip.Events.First(one => one.Event == said).Row;
        double start = Math.Floor(said.StartSeconds!.Value), end = Math.Ceiling(said.EndSeconds!.Value);
        return end <= 10 ? said with { StartSeconds = start, EndSeconds = end } : throw row.Fault("end", "lies beyond the ten seconds of ave and avvp; leave these keys out, or cut the clip");
    }

    private BuiltEntry Question(AnnotatedClip clip, AnnotationRow row)
    {
        string answer = row.Text("answer");
        return Entry("avqa", Reasons(clip, row) with { Answer = answer }, $"{clip.Id}\n{row.Text("question")}", clip, row,
            ("video_id", clip.Id), ("question_id", questions.Value[row.Place]), ("type", row["type"] ?? """["Audio-Visual", "Existential"]"""), ("question", row.Text("question")), ("answer", answer));
    }

    private BuiltEntry Choice(AnnotatedClip clip, AnnotationRow row, string written)
    {
        string[] options = written.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string answer = row.Text("answer");
        int place = Array.IndexOf(options, answer);
        if (options.Length < 2 || place < 0)
        {
            throw row.Fault("options", $"are “{written}”; expected at least two between bars, one of them the answer “{answer}”");
        }

        return Entry("avqa_thu", Reasons(clip, row) with { Answer = answer }, $"{clip.Id}\n{row.Text("question")}", clip, row,
            ("id", questions.Value[row.Place]), ("video_name", clip.Id), ("video_id", clip.Id), ("question_relation", "Both"), ("question_type", row["type"] ?? "Which"),
            ("multi_choice", ConversationBuilder.PythonList(options)), ("question_text", row.Text("question")), ("answer", place));
    }

    private static SceneFacts Reasons(AnnotatedClip clip, AnnotationRow row)
    {
        SceneFacts scene = Scene(clip);
        return row["evidence"] is { } evidence ? scene with { Evidence = evidence } : scene;
    }

    private IEnumerable<FrameRows> Frames() => set.Clips.SelectMany(clip => clip.Boxes.GroupBy(row => (row["image"], row["frame"])).Select(frame => new FrameRows(clip, [.. frame])));

    private BuiltEntry? Sounding(string key, FrameRows frame)
    {
        SceneObject[] objects = [.. frame.Rows.Where(row => row["x1"] is not null).Select(row => Object(row, row.Flag("sounding")))];
        SceneObject[] sounding = [.. objects.Where(one => one.IsSounding)];
        if (key == "ms3" ? sounding.Length < 2 : sounding.Length != 1)
        {
            return null;
        }

        return Still(key, new SceneFacts { Objects = objects, Evidence = frame.Clip.Row["evidence"] ?? "" }, frame, frame.Rows[0], $"{frame.Clip.Id}\n{frame.Index}",
            string.Join(" and ", sounding.Select(one => one.Label)), sounding[0].Box, true);
    }

    private BuiltEntry Described(FrameRows frame, AnnotationRow row)
    {
        SceneObject? described = row["x1"] is null ? null : Object(row, row.Flag("sounding"));
        SceneObject[] objects = [.. frame.Rows.Where(other => other["x1"] is not null).Select(other => Object(other, other.Flag("sounding"))).Distinct()];
        return Still("ref_avs", new SceneFacts { Objects = objects, Described = described, Evidence = frame.Clip.Row["evidence"] ?? "" }, frame, row,
            $"{frame.Clip.Id}\n{frame.Index}\n{row.Text("description")}", row.Text("description"), described?.Box, described is not null);
    }

    private BuiltEntry Still(string key, SceneFacts facts, FrameRows frame, AnnotationRow row, string sample, string named, AnswerBox? box, bool exists)
    {
        string image = row.Text("image"), sound = frame.Clip.Sound ?? throw frame.Clip.Row.Fault("audio", "is empty, and there is no video whose sound could be heard");
        int index = frame.Index, parts = TaskCatalog.Find(key)!.Parts;
        if (index < 0 || index >= parts)
        {
            throw row.Fault("frame", $"is {index}; a clip of {key} has the frames 0 to {parts - 1}");
        }

        bool training = split == AvUieSplit.Train;
        // arig reads the frame's number from the file's name.
        string seen = key == "arig" ? $"image/{Safe(frame.Clip.Id)}/{index}{Extension(image)}" : $"image/{FileName(image)}", heard = $"audio/{FileName(sound)}";
        JsonObject fields = new() { [training ? "image_path" : "visual_path"] = seen, ["audio_path"] = heard };
        if (key == "arig")
        {
            fields["a_obj"] = named;
            if (!training)
            {
                fields["top_left"] = new JsonArray(box!.X1, box.Y1);
                fields["bottom_right"] = new JsonArray(box.X2, box.Y2);
            }
        }
        else if (key == "ref_avs")
        {
            fields[training ? "description" : "object"] = named;
            fields["fid"] = index.ToString(CultureInfo.InvariantCulture);
            if (!training)
            {
                fields["split"] = exists ? "test_s" : "test_n";
            }
        }
        else
        {
            fields["a_obj"] = named;
        }

        if (key != "arig")
        {
            fields["vid"] = frame.Clip.Id;
            fields["uid"] = FormattableString.Invariant($"{frame.Clip.Id}_{index}");
        }

        if (key != "arig" || !training)
        {
            fields[key == "ref_avs" && training ? "idx" : "frame_idx"] = index;
        }

        fields[AvUieFields.Target(key)] = composer.Compose(key, facts, sample);
        return new BuiltEntry(key, fields, [(image, seen), (sound, heard)]);
    }

    private static SceneObject Object(AnnotationRow row, bool sounding)
    {
        double width = row.OptionalNumber("width") ?? Frame, height = row.OptionalNumber("height") ?? Frame;
        long X(double at) => (long)Math.Clamp(Math.Round(at * Frame / width), 0, Frame - 1);
        long Y(double at) => (long)Math.Clamp(Math.Round(at * Frame / height), 0, Frame - 1);
        double x1 = row.Number("x1"), y1 = row.Number("y1"), x2 = row.Number("x2"), y2 = row.Number("y2");
        if (x1 < 0 || y1 < 0 || x2 > width || y2 > height || x1 >= x2 || y1 >= y2)
        {
            throw row.Fault("x1", FormattableString.Invariant($"the box {x1},{y1},{x2},{y2} is reversed, empty or outside the picture of {width}×{height}; name width and height where the picture is not 224×224"));
        }

        List<AnswerPoint> points = [];
        foreach (string point in row["points"]?.Split(['|', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            points.Add(point.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [{ } x, { } y]
                && double.TryParse(x, CultureInfo.InvariantCulture, out double right) && double.TryParse(y, CultureInfo.InvariantCulture, out double down) && right >= 0 && down >= 0 && right <= width && down <= height
                ? new AnswerPoint(X(right), Y(down))
                : throw row.Fault("points", $"is “{row["points"]}”, expected places in the picture as in “30 40|60 80|100 120”"));
        }

        return new SceneObject(row.Text("label"), new AnswerBox(X(x1), Y(y1), X(x2), Y(y2)), points, sounding);
    }

    // The clip's own sound or video, and those of another clip of another label; which stands first, the seed says.
    private BuiltEntry? Matched(string key, AnnotatedClip clip)
    {
        if (Only(clip) is not { } label || clip.Video is null || clip.Sound is null)
        {
            return null;
        }

        // The walk begins at a place that the seed gives, and ends at the first clip of another label.
        UInt128 chance = MediaFiles.Identity(string.Create(CultureInfo.InvariantCulture, $"{seed}\n{key}\n{clip.Id}"));
        int from = (int)(chance % (uint)labelled.Value.Length);
        AnnotatedClip? other = Enumerable.Range(0, labelled.Value.Length).Select(step => labelled.Value[(from + step) % labelled.Value.Length])
            .FirstOrDefault(one => LabelSet.Normal(Only(one)!) != LabelSet.Normal(label));
        if (other is null)
        {
            return null;
        }

        bool first = (chance >> 64) % 2 == 0;
        (AnnotatedClip one, AnnotatedClip two) = first ? (clip, other) : (other, clip);
        SceneFacts facts = new() { Match = (label, Only(one)!, Only(two)!), Answer = first ? "one" : "two" };
        JsonObject fields = [];
        List<(string, string)> media = [];
        void Media(string field, string source)
        {
            fields[field] = FileName(source);
            media.Add((source, $"{AvUieFields.Folder(key, field)}/{FileName(source)}"));
        }

        if (key == "a2v")
        {
            Media("video1_path", one.Video!);
            Media("video2_path", two.Video!);
            Media("audio_path", clip.Sound);
            (fields["correct_video"], fields["audio_event"], fields["video1_event"], fields["video2_event"]) = (first ? 1 : 2, label, Only(one), Only(two));
        }
        else
        {
            Media("video_path", clip.Video);
            Media("audio1_path", one.Sound!);
            Media("audio2_path", two.Sound!);
            (fields["correct_audio"], fields["audio1_event"], fields["video_event"], fields["audio2_event"]) = (first ? 1 : 2, Only(one), label, Only(two));
        }

        fields["label"] = composer.Compose(key, facts, clip.Id);
        return new BuiltEntry(key, fields, media);
    }

    // What a clip is about, where that is one thing.
    private static string? Only(AnnotatedClip clip) => Events(clip).Where(one => one.Modality == EventModality.AudioVisual).Select(one => one.Label).Distinct().ToArray() is [{ } label] ? label : null;

    private BuiltEntry Entry(string key, SceneFacts facts, string sample, AnnotatedClip clip, AnnotationRow row, params (string Name, JsonNode? Value)[] others)
    {
        string video = clip.Video ?? throw row.Fault("video", $"is empty; {key} needs a video"), sound = clip.Sound!;
        JsonObject fields = new() { ["video_path"] = FileName(video), ["audio_path"] = FileName(sound) };
        foreach ((string name, JsonNode? value) in others)
        {
            fields[name] = value;
        }

        if (clip.Row.OptionalNumber("duration") is { } seconds)
        {
            fields["duration"] = seconds;
        }

        fields[AvUieFields.Target(key)] = composer.Compose(key, facts, sample);
        return new BuiltEntry(key, fields, [(video, $"video/{FileName(video)}"), (sound, $"audio/{FileName(sound)}")]);
    }

    // Files of several folders come to lie in one: the folders become part of the name.
    private static string FileName(string path) => Safe(path.Replace('\\', '/').TrimStart('/'));

    private static string Safe(string name) => string.Concat(name.Replace("../", "", StringComparison.Ordinal).Select(letter => char.IsLetterOrDigit(letter) || letter is '.' or '-' or '_' or ' ' ? letter : '_'));

    private static string Extension(string path) => Path.GetExtension(path) is { Length: 4 } extension ? extension : throw new ArgumentException($"the image {path} must end in a dot and three letters, as in .png or .jpg: the authors' loader of arig cuts four");

    private sealed record FrameRows(AnnotatedClip Clip, IReadOnlyList<AnnotationRow> Rows)
    {
        public int Index => Rows[0]["frame"] is null ? 0 : (int)Rows[0].Number("frame");
    }
}

namespace CrabStudio.Tasks.AvUie;

/// <summary>The two lists of a key.</summary>
public enum AvUieSplit
{
    /// <summary><c>train.json</c>.</summary>
    Train,

    /// <summary><c>test.json</c>.</summary>
    Test,
}

/// <summary>Which fields the entries of each key have (crab-plus facts §5), and what the authors' loaders take from them.</summary>
public static class AvUieFields
{
    private static readonly Dictionary<string, string> Others = new()
    {
        ["a2v"] = "correct_video audio_event video1_event video2_event",
        ["v2a"] = "correct_audio audio1_event video_event audio2_event",
        ["ks"] = "action",
        ["ucf"] = "label",
        ["meld"] = "Emotion",
        ["mer24"] = "discrete",
        ["cremad"] = "emotion",
        ["mafw"] = "emotion",
        ["dfew"] = "emotion",
        ["avqa"] = "video_id question_id type question answer",
        ["avqa_thu"] = "id video_name video_id question_relation question_type multi_choice question_text answer",
        ["ave"] = "event vid start_time end_time",
        ["unav"] = "vid",
        ["avvp"] = "filename vid event",
        ["avcap"] = "video_id",
        ["ms3"] = "vid uid a_obj frame_idx",
        ["s4"] = "vid uid a_obj",
        ["arig"] = "a_obj",
        ["ref_avs"] = "vid fid uid idx description",
    };

    private static readonly Dictionary<string, string> TestOthers = new()
    {
        ["s4"] = "vid uid a_obj frame_idx",
        ["arig"] = "top_left bottom_right a_obj frame_idx",
        ["ref_avs"] = "object split vid uid fid frame_idx",
        // The original has no test lists of these; what would be told from their training lists is the same here.
        ["unav"] = "vid label_content",
        ["avcap"] = "video_id label_content",
    };

    /// <summary>The folder below the key in which the file of a media field lies; empty where the path begins at the key's folder.</summary>
    /// <param name="key">The task key.</param>
    /// <param name="field">A field of <see cref="Media"/>.</param>
    public static string Folder(string key, string field) => IsStill(key) ? "" : field.StartsWith("video", StringComparison.Ordinal) ? "video" : "audio";

    /// <summary>The fields that name media, in the order in which the model gets them.</summary>
    public static IReadOnlyList<string> Media(string key, AvUieSplit split) => key switch
    {
        "a2v" => ["audio_path", "video1_path", "video2_path"],
        "v2a" => ["video_path", "audio1_path", "audio2_path"],
        _ when IsStill(key) => [split == AvUieSplit.Train ? "image_path" : "visual_path", "audio_path"],
        _ => ["video_path", "audio_path"],
    };

    /// <summary>The field with the text that is trained on.</summary>
    public static string Target(string key) => key switch
    {
        "ucf" => "new_label",
        "ref_avs" => "output",
        "ave" or "unav" or "avvp" or "avcap" or "ms3" or "s4" or "arig" => "label_content",
        _ => "label",
    };

    /// <summary>The field that holds the class, the object or the answer, or null where an entry has no such field.</summary>
    public static string? Label(string key) => key switch
    {
        "a2v" => "correct_video",
        "v2a" => "correct_audio",
        "ks" => "action",
        "ucf" => "label",
        "meld" => "Emotion",
        "mer24" => "discrete",
        "cremad" or "mafw" or "dfew" => "emotion",
        "avqa" or "avqa_thu" => "answer",
        "ave" => "event",
        "ms3" or "s4" or "arig" => "a_obj",
        _ => null,
    };

    /// <summary>The field with the index of the frame and window, or null where the list has none.</summary>
    public static string? FrameIndex(string key, AvUieSplit split) => (key, split) switch
    {
        ("ms3", _) or ("s4" or "arig" or "ref_avs", AvUieSplit.Test) => "frame_idx",
        ("ref_avs", _) => "idx",
        _ => null,
    };

    /// <summary>Every field without which the authors' loader stops, media first.</summary>
    public static IReadOnlyList<string> Required(string key, AvUieSplit split)
    {
        string others = split == AvUieSplit.Test && TestOthers.TryGetValue(key, out string? test) ? test : Others[key];
        IEnumerable<string> fields = [.. Media(key, split), .. others.Split(' ')];
        return [.. split == AvUieSplit.Train ? fields.Append(Target(key)) : fields];
    }

    /// <summary>Whether the key shows a still picture instead of a video.</summary>
    internal static bool IsStill(string key) => TaskCatalog.Find(key)?.Media == TaskMedia.StillWithSound;
}

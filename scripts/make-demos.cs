#:project ../src/CrabStudio.Engine/CrabStudio.Engine.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// Makes the demos of the start page, two for each kind of question, from unseen scenes of the made-up world:
//
//     ./crab world --split test --seed 2026 --count 40 --out WORLD
//     ./crab evaluate --data WORLD --out REPORT
//     dotnet run scripts/make-demos.cs WORLD REPORT [ID…]
//
// Of each task the clip is taken whose answer the model of the report gives best, the first of equals: a demo shows how the
// studio works. How often the model is right is what its card says.
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks.AvUie;

string world = args[0], report = args[1], demos = Path.GetFullPath(Path.Combine(Here(), "..", "wwwroot", "demo"));
(string Key, string Title, string Description, string[] Also)[] wanted =
[
    ("avvp", "Heard here, seen there", "Ten seconds: what is heard, what is seen, and when?", ["avcap"]),
    ("ave", "One event", "Ten seconds: something is heard and seen at once. From when to when?", ["avvp"]),
    ("avqa", "A question", "Ten seconds and one question about them.", []),
    ("avqa_thu", "A question with options", "Ten seconds, one question, three answers to choose from.", []),
    ("avcap", "A scene to describe", "Ten seconds: who is where, and what is heard?", ["avvp"]),
    ("avcap", "Another scene", "Ten seconds: who is where, and what is heard?", ["avvp"]),
    ("s4", "Which one sounds?", "A picture and a sound. The thing that sounds is in the picture: where?", []),
    ("arig", "Find the source", "A picture and a sound: a box around what is heard.", []),
    ("ks", "Something moves", "Four seconds of one thing in motion.", []),
    ("ucf", "Something else moves", "Four seconds of one thing in motion.", []),
    ("meld", "A face and a voice", "Four seconds of an emoji that speaks: how does it feel?", []),
    ("cremad", "Another face", "Four seconds of an emoji that speaks: how does it feel?", []),
    ("a2v", "One sound, two videos", "Which of the two videos belongs to the sound?", []),
    ("v2a", "One video, two sounds", "Which of the two sounds belongs to the video?", []),
];

AvUieFolder folder = AvUieFolder.Open(world);
EvaluationLine[] lines = [.. EvaluationRun.ReadLines(Path.Combine(report, EvaluationRun.SamplesName)).Where(line => line.Error is null)];
HashSet<string> taken = [.. args[2..]];
List<object> entries = [];
foreach (string old in Directory.GetFiles(demos))
{
    File.Delete(old);
}

foreach ((string key, string title, string description, string[] also) in wanted)
{
    EvaluationLine best = lines.Where(line => line.Key == key && !taken.Contains(line.Id)).MaxBy(Score) ?? throw new InvalidOperationException($"{key}: no answer in {report}");
    taken.Add(best.Id);
    int index = int.Parse(best.Id.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
    AvUieSample sample = folder.Samples(key, AvUieSplit.Test).ElementAt(index);
    int place = entries.Count + 1;
    // A video has its sound in itself, except where it is to be found out.
    string[] media = [.. best.Media.Distinct()];
    bool muxed = media.Length == 2 && media.Any(one => one.EndsWith(".mp4", StringComparison.Ordinal));
    string[] from = [.. muxed ? media.Where(one => one.EndsWith(".mp4", StringComparison.Ordinal)) : media];
    string[] files = [.. from.Select((one, part) => $"{place:00}-{Slug(title)}{(from.Length > 1 ? $"-{part + 1}" : "")}{Path.GetExtension(one)}")];
    foreach ((string one, string name) in from.Zip(files))
    {
        File.Copy(Path.Combine(folder.Root, one), Path.Combine(demos, name));
    }

    (string? question, string? looked) = key switch
    {
        "avqa" => (Field(sample, "question"), null),
        "avqa_thu" => (Field(sample, "question_text"), null),
        "ref_avs" => (null, Field(sample, "object")),
        _ => ((string?)null, (string?)null),
    };
    var asked = new { task = key, question, options = sample.Reference.Options.Count > 0 ? sample.Reference.Options : null, description = looked, frameIndex = sample.Reference.FrameIndex };
    entries.Add(new
    {
        name = $"{place:00}-{Slug(title)}",
        title,
        description,
        target = sample.Target ?? new[] { "label_content", "label", "output" }.Select(name => Field(sample, name)).First(text => text is not null),
        files,
        questions = new object[] { asked }.Concat(also.Select(other => new { task = other })),
    });
    Console.WriteLine($"{files[0],-40} {best.Id,-12} {Score(best):0.00}  {best.Text}");
}

File.WriteAllText(
    Path.Combine(demos, "demo.json"),
    JsonSerializer.Serialize(entries, new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull }) + "\n");

// The parts of a sample's score that say whether a person would call the answer right.
static double Score(EvaluationLine line)
{
    string[] parts = line.Key switch
    {
        "ave" => ["label_right", "temporal_iou"],
        "avvp" => ["segment_type", "event_type"],
        "avcap" => ["recall_seen", "recall_heard", "rouge_l"],
        "s4" or "arig" => ["object_right", "box_iou"],
        _ => ["right"],
    };
    return parts.Average(part => line.Scores.GetValueOrDefault(part));
}

static string? Field(AvUieSample sample, string name) => sample.Entry.Has(name) ? sample.Entry.Text(name) : null;

static string Slug(string title) => Regex.Replace(title.ToLowerInvariant(), "[^a-z]+", "-").Trim('-');

static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

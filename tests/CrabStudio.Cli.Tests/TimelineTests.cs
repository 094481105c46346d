using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab timeline convert</c>.</summary>
public sealed class TimelineTests
{
    private const string Json = """
        {"crabstudio_timeline": 1, "clip": {"file": "clip_a.mp4"},
         "events": [{"id": "e1", "label": "Church bell", "modality": "audio", "layer": "model", "start": 2, "end": 7.25, "note": "faint"},
                    {"id": "e2", "label": "Dog", "layer": "truth", "start": 1.5, "end": 3}],
         "boxes": [{"id": "b1", "label": "bell", "layer": "truth", "time": 2.5, "x1": 20, "y1": 30, "x2": 120, "y2": 80}]}
        """;

    [Fact]
    public async Task ATimelineGoesToElanAndBackAndWhatHasNoPlaceIsALineEach()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["t.json"], Json);

        CrabResult eaf = await Crab.RunAsync(["timeline", "convert", "t.json", "--to", "eaf", "--out", "t.eaf"], scratch.Folder);
        CrabResult vtt = await Crab.RunAsync(["timeline", "convert", "t.eaf", "--to", "vtt", "--out", "t.vtt"], scratch.Folder);

        Assert.Equal((0, string.Empty), (eaf.Code, eaf.Error));
        Assert.Equal(["read t.json (json): 2 events, 1 box, 0 points", "wrote t.eaf (eaf)", "  not written: boxes ×1: ELAN says when, not where in the picture"], eaf.Lines);
        Assert.Equal(["read t.eaf (eaf): 2 events, 0 boxes, 0 points", "wrote t.vtt (vtt)"], vtt.Lines);
        string text = await File.ReadAllTextAsync(scratch["t.vtt"]);
        Assert.Contains("NOTE {\"crabstudio_note\":\"faint\"}\n\ne1\n00:00:02.000 --> 00:00:07.250\n<c.audio.model>Church bell</c>\n", text, StringComparison.Ordinal);
        Assert.Contains("e2\n00:00:01.500 --> 00:00:03.000\n<c.audio-visual.truth>Dog</c>\n", text, StringComparison.Ordinal);
        Assert.Equal(["t.eaf", "t.json", "t.vtt"], Directory.EnumerateFiles(scratch.Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task FactsThatTheFileDoesNotSayComeFromTheClipOrTheCommandLine()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["t.json"], Json);

        CrabResult without = await Crab.RunAsync(["timeline", "convert", "t.json", "--to", "coco", "--out", "t.coco.json"], scratch.Folder);
        CrabResult clip = await Crab.RunAsync(["timeline", "convert", "t.json", "--to", "label-studio", "--out", "a.json", "--clip", Golden.Find("media/clip_a.mp4")], scratch.Folder);
        CrabResult given = await Crab.RunAsync(["timeline", "convert", "t.json", "--to", "label-studio", "--out", "b.json", "--fps", "12.5", "--size", "400x200"], scratch.Folder);

        Assert.Contains("COCO needs the width and height of the picture, which are not known; name the clip, or give its size", without.OneErrorLine(1), StringComparison.Ordinal);
        Assert.False(File.Exists(scratch["t.coco.json"]));
        Assert.Equal((0, 0), (clip.Code, given.Code));
        JsonElement facts = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(scratch["a.json"]))[0].GetProperty("data").GetProperty("clip");
        Assert.Equal(("clip_a.mp4", 160, 120), (facts.GetProperty("file").GetString(), facts.GetProperty("width").GetInt32(), facts.GetProperty("height").GetInt32()));
        Assert.True(facts.GetProperty("frame_rate").GetDouble() > 1 && facts.GetProperty("duration").GetDouble() > 1);
        JsonElement truth = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(scratch["b.json"]))[0].GetProperty("annotations")[0];
        Assert.True(truth.GetProperty("ground_truth").GetBoolean());
        Assert.Equal((19, 38), (truth.GetProperty("result")[0].GetProperty("value").GetProperty("ranges")[0].GetProperty("start").GetInt32(), truth.GetProperty("result")[0].GetProperty("value").GetProperty("ranges")[0].GetProperty("end").GetInt32()));
        Assert.Equal(5, truth.GetProperty("result")[1].GetProperty("value").GetProperty("sequence")[0].GetProperty("x").GetDouble());
    }

    [Fact]
    public async Task ALayerBecomesAnEntryOfTheDataSetAndIsReadAgain()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["t.csv"], "clip,label,start,end\nclip_a.mp4,Dog,1.5,3\n");

        CrabResult entry = await Crab.RunAsync(["timeline", "convert", "t.csv", "--to", "av-uie", "--out", "train.json", "--layer", "corrected"], scratch.Folder);
        CrabResult back = await Crab.RunAsync(["timeline", "convert", "train.json", "--to", "csv", "--out", "back.csv", "--layer", "corrected"], scratch.Folder);

        Assert.Equal((0, 0), (entry.Code, back.Code));
        Assert.Contains("<event> Dog </event> <range> 1.5,3 </range>", await File.ReadAllTextAsync(scratch["train.json"]), StringComparison.Ordinal);
        Assert.Contains("event,e1,,corrected,audio-visual,Dog,1.5,3,", await File.ReadAllTextAsync(scratch["back.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatDoesNotFitIsOneLineThatNamesItsPlaceAndNothingIsWritten()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["t.csv"], "label,start,end\nDog,1,2\nCat,3,three\n");
        await File.WriteAllTextAsync(scratch["there.vtt"], "mine");

        CrabResult bad = await Crab.RunAsync(["timeline", "convert", "t.csv", "--to", "vtt", "--out", "t.vtt"], scratch.Folder);
        await File.WriteAllTextAsync(scratch["t.csv"], "label,start,end\nDog,1,2\n");
        CrabResult over = await Crab.RunAsync(["timeline", "convert", "t.csv", "--to", "vtt", "--out", "there.vtt"], scratch.Folder);

        Assert.Equal("crab: t.csv, line 3, field end: is “three”, expected a number", bad.OneErrorLine(1).TrimEnd());
        Assert.Contains("there.vtt: is there already", over.OneErrorLine(1), StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(scratch["there.vtt"]));
        Assert.Equal(["t.csv", "there.vtt"], Directory.EnumerateFiles(scratch.Folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("--to", 2, "timeline convert a.eaf --out b.vtt")]
    [InlineData("--out", 2, "timeline convert a.eaf --to vtt")]
    [InlineData("'docx'", 2, "timeline convert a.eaf --to docx --out b")]
    [InlineData("--size is '640'; expected a width and a height in pixels", 2, "timeline convert a.eaf --to vtt --out b --size 640")]
    [InlineData("--fps is '0'", 2, "timeline convert a.eaf --to vtt --out b --fps 0")]
    [InlineData("'nobody'", 2, "timeline convert a.eaf --to vtt --out b --layer nobody")]
    [InlineData("crab timeline convert --help", 2, "timeline convert a.eaf --to vtt --out b --colour")]
    [InlineData("gone.eaf: is not there", 1, "timeline convert gone.eaf --to vtt --out b")]
    public async Task WrongUseIsOneLine(string named, int code, string line)
    {
        using Scratch scratch = new();

        CrabResult result = await Crab.RunAsync(line.Split(' '), scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(code), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder));
    }

    [Fact]
    public async Task TheVerbDocumentsItself()
    {
        CrabResult help = await Crab.RunAsync("timeline", "convert", "--help");

        Assert.Equal((0, string.Empty), (help.Code, help.Error));
        Assert.All(new[] { "--to", "--from", "--out", "--clip", "--fps", "--size", "--layer", "--key", "eaf", "label-studio", "coco", "av-uie" }, word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
    }
}

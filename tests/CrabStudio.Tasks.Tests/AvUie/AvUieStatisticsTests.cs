using System.Xml.Linq;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.AvUie;

public sealed class AvUieStatisticsTests
{
    [Fact]
    public async Task TheMiniatureIsCountedByKey()
    {
        (IReadOnlyList<AvUieKeyStatistics> keys, IReadOnlyList<string> remarks) = await AvUieStatistics.CollectAsync(AvUieFolder.Open(Golden.Find("avuie")));
        Assert.Empty(remarks);
        Assert.Equal(TaskCatalog.All.Select(task => task.Key), keys.Select(key => key.Key));
        Assert.Equal((39, 33, 0), (keys.Sum(key => key.Train), keys.Sum(key => key.Test), keys.Sum(key => key.Unreadable)));

        AvUieKeyStatistics ave = keys[0];
        Assert.Equal([new("Church bell", 2), new("Dog", 2)], ave.Labels);
        Assert.Equal(new Dictionary<double, int> { [5] = 2, [10] = 2 }, ave.RangeSeconds.Counts);
        Assert.Equal((4, 1d), (ave.ReasoningSteps.Count, ave.ReasoningSteps.Mean));
        Assert.Equal(0, keys.Single(key => key.Key == "avcap").ReasoningSteps.Count);
        Assert.Equal(5, keys.Single(key => key.Key == "a2v").AnswerWords.Min);
    }

    [Fact]
    public async Task LengthsFromTheHeadsOfFilesAreThoseOfTheDecoder()
    {
        AvUieFolder folder = AvUieFolder.Open(Golden.Find("avuie"));
        (IReadOnlyList<AvUieKeyStatistics> keys, _) = await AvUieStatistics.CollectAsync(folder);
        MediaReader reader = new();
        foreach (string key in new[] { "ave", "dfew", "arig", "avqa" })
        {
            IEnumerable<string> clips = Directory.EnumerateFiles(Path.Combine(folder.Root, key, key == "arig" ? "audio" : "video"));
            double seconds = 0;
            foreach (string clip in clips)
            {
                seconds += (await reader.ProbeAsync(clip)).PlaySeconds;
            }

            AvUieKeyStatistics counted = keys.Single(one => one.Key == key);
            Assert.Equal((clips.Count(), 0), (counted.Clips, counted.ClipsOfUnknownLength));
            Assert.Equal(seconds, counted.Seconds, 0.05);
        }
    }

    [Fact]
    public async Task ALengthThatNothingTellsIsSaidToBeUnknownAndAnAnnotatedOneIsTaken()
    {
        using DataSets data = DataSets.Miniature("ks");
        data.Edit("ks/train.json", entries =>
        {
            entries[0]!["video_path"] = "elsewhere.mkv";
            entries[1]!["video_path"] = "elsewhere-too.mkv";
            entries[1]!["duration"] = 12.5;
        });
        File.Delete(data["ks/test.json"]);
        AvUieKeyStatistics ks = Assert.Single((await AvUieStatistics.CollectAsync(data.Open())).Keys);
        Assert.Equal((2, 1, 12.5), (ks.Clips, ks.ClipsOfUnknownLength, ks.Seconds));
        Assert.Contains(">0.003<", AvUieReport.Html("x", [ks], []), StringComparison.Ordinal);
        Assert.Equal("unknown", AvUieReport.Hours(0, known: false));
    }

    [Theory]
    [InlineData(0, "<answer>dog</answer>")]
    [InlineData(0, "The answer is <answer>dog</answer>. It barks.")]
    [InlineData(2, "A dog is heard. It barks from 1.5 to 2.5 s! So <answer>dog</answer>")]
    [InlineData(1, "The bell is seen. Its box is [1,2,3,4].")]
    [InlineData(2, "有狗叫。它在左边。<answer>狗</answer>")]
    public void StepsAreTheSentencesBeforeTheConclusion(int steps, string target) => Assert.Equal(steps, AvUieStatistics.StepsBeforeConclusion(target));

    [Fact]
    public void ADistributionTellsItsQuantiles()
    {
        Distribution values = new();
        Assert.Null(values.Median);
        for (int value = 100; value >= 1; value--)
        {
            values.Add(value);
        }

        Assert.Equal((1d, 50d, 95d, 100d, 50.5), (values.Min, values.Median, values.Quantile(0.95), values.Max, values.Mean));
    }

    [Fact]
    public async Task ThePageStandsAloneAndHoldsWhatLabelsSayAsText()
    {
        using DataSets data = DataSets.Miniature("ks", "ave");
        data.Edit("ks/train.json", entries => entries[0]!["action"] = "<script>alert(1)</script>");
        (IReadOnlyList<AvUieKeyStatistics> keys, IReadOnlyList<string> remarks) = await AvUieStatistics.CollectAsync(data.Open());
        string page = AvUieReport.Html("set & more", keys, [.. remarks, "a remark"]);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Contains("set &amp; more", page, StringComparison.Ordinal);
        Assert.Contains("a remark", page, StringComparison.Ordinal);
        // Well-formed as a whole but for the void tags of the head.
        XElement body = XElement.Parse(page[page.IndexOf("<body>", StringComparison.Ordinal)..(page.IndexOf("</body>", StringComparison.Ordinal) + 7)]);
        XElement[] charts = [.. body.Descendants("svg")];
        Assert.True(charts.Length >= 3 + 4 + 3, $"{charts.Length} charts");
        Assert.All(charts.SelectMany(chart => chart.Descendants("rect")), bar => Assert.True((double)bar.Attribute("width")! >= 0 && (double)bar.Attribute("height")! >= 0));
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Metrics.Files;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.Metrics;

/// <summary>Files of reference numbers that are not as they should be, and the label lists.</summary>
public sealed class MetricsFileTests
{
    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{\"cases\": [", "not valid JSON")]
    [InlineData("[1]", "should be a JSON object")]
    [InlineData("{\"a\": 1, \"a\": 2}", "not valid JSON")]
    [InlineData("{\"epoch\": 3}", "none of the known forms")]
    [InlineData("{\"cases\": [{\"weight\": 1}]}", "none of the known forms")]
    [InlineData("{\"videos\": 3}", "videos should hold a list")]
    [InlineData("{\"videos\": [3]}", "$.videos[0] should hold an object")]
    [InlineData("{\"videos\": [{\"id\": \"a\"}]}", "$.videos[0] has no “pred”")]
    [InlineData("{\"videos\": [{\"id\": \"a\", \"pred\": {\"audio\": {\"Thunder\": \"0000000000\"}}}]}", "none of the 25 labels")]
    [InlineData("{\"videos\": [{\"id\": \"a\", \"pred\": {\"audio\": {\"Car\": \"01\"}}}]}", "ten signs 0 or 1")]
    [InlineData("{\"videos\": [], \"tolerance\": \"small\"}", "tolerance should hold a number")]
    [InlineData("{\"box_cases\": [{\"pred\": [1, 2, 3], \"gt\": [1, 2, 3, 4]}]}", "a box of four numbers")]
    [InlineData("{\"runs\": [{\"script\": \"mine.py\", \"rows\": []}]}", "inference_3.py")]
    [InlineData("{\"cases\": [{\"h\": 1, \"w\": 2, \"pred\": [\"01\"], \"gt\": [\"0\"]}]}", "do not go together")]
    [InlineData("{\"cases\": [{\"h\": 1, \"w\": 2, \"pred\": [\"02\"], \"gt\": [\"00\"]}]}", "signs 0 or 1")]
    [InlineData("{\"matrix_cases\": [{\"pred\": [[1]], \"gt\": [[1, 2]]}]}", "do not go together")]
    [InlineData("{\"cases\": [{\"labels\": [\"a\"], \"gt\": [\"a\"], \"pred\": []}]}", "do not go together")]
    [InlineData("{\"sets\": [{\"rows\": [{\"output\": \"a\", \"predict\": \"b\", \"question_type\": [\"Audio\"]}]}]}", "question_type should hold two texts")]
    public void AFileThatCannotBeUsedIsOnePlainLine(string json, string complaint)
    {
        MetricsFileException refusal = Assert.Throws<MetricsFileException>(() => MetricsFile.Compute(json));

        Assert.Contains(complaint, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("paper-results")]
    public void AFileWithoutAnythingToComputeIsOfNoKnownForm(string name) =>
        Assert.Contains("none of the known forms", Assert.Throws<MetricsFileException>(() => MetricsFile.Compute(File.ReadAllText(Golden.Find($"metrics/{name}.json")))).Message, StringComparison.Ordinal);

    [Fact]
    public void WithoutReferenceValuesTheComputedOnesStandAlone()
    {
        MetricsCheck check = MetricsFile.Compute("{\"cases\": [{\"tasks\": [{\"task\": \"ave\", \"higher_is_better\": true, \"single\": 50, \"multi\": 51}]}]}");

        Assert.Equal((0, 0), (check.Values, check.Outside));
        Assert.Equal(2, check.Document["cases"]![0]!["computed"]!["mean_relative_gain_percent"]!.GetValue<double>(), 1e-12);
        Assert.Equal("positive", check.Document["cases"]![0]!["tasks"]![0]!["computed"]!.GetValue<string>());
    }

    [Fact]
    public void ADocumentKeepsItsValuesAndHasTheComputedOnesRightBehindThem()
    {
        JsonObject file = JsonNode.Parse(File.ReadAllText(Golden.Find("metrics/unav.json")))!.AsObject();
        JsonObject set = MetricsFile.Compute(file.ToJsonString()).Document["sets"]![0]!.AsObject();

        Assert.Equal(set.IndexOf("expected") + 1, set.IndexOf("computed"));
        set.Remove("computed");
        Assert.True(JsonNode.DeepEquals(file["sets"]![0], set));
    }

    [Fact]
    public void LabelListsAreThoseOfTheReference()
    {
        JsonElement[] sets = [.. JsonDocument.Parse(File.ReadAllText(Golden.Find("metrics/labels.json"))).RootElement.GetProperty("sets").EnumerateArray()];
        IReadOnlyList<string>?[] own =
        [
            TaskLabels.Avvp, TaskLabels.Ave, TaskLabels.MusicAvqa, TaskLabels.MusicAvqaTypes, .. new[] { "meld", "cremad", "dfew", "mafw", "mer24", "a2v", "v2a" }.Select(TaskLabels.ForChoice),
        ];

        string[][] lists = [.. sets.Where(set => set.GetProperty("labels").ValueKind == JsonValueKind.Array).Select(set => set.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!).ToArray())];
        Assert.All(own, list => Assert.Contains(lists, one => one.SequenceEqual(list!)));
        Assert.Null(TaskLabels.ForChoice("ks"));
    }
}

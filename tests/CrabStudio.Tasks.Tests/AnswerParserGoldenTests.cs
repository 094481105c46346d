using System.Text.Json;
using CrabStudio.Testing;
using Xunit;

namespace CrabStudio.Tasks.Tests;

/// <summary>Against <c>metrics/parse.json</c>: what the original's own scripts read from each text.</summary>
public sealed class AnswerParserGoldenTests
{
    [Fact]
    public void Boxes_and_points_are_those_of_the_original_script()
    {
        foreach (JsonElement one in Cases())
        {
            ParsedAnswer parsed = AnswerParser.Parse("s4", one.GetProperty("text").GetString()!);
            JsonElement extract = one.GetProperty("expected").GetProperty("crab_plus_s4_ms3").GetProperty("extract");
            // Numbers beyond 64 bits, which the reference writes as strings, are told as a problem instead. The form
            // <obj>(a,b)(c,d)</obj> is read besides.
            if (Numbers(extract).Any(number => number.ValueKind == JsonValueKind.String && !long.TryParse(number.GetString(), out _)))
            {
                Assert.Contains(parsed.Problems, problem => problem.Contains("too large", StringComparison.Ordinal));
                continue;
            }

            if (parsed.RawText.Contains("<obj>", StringComparison.Ordinal))
            {
                continue;
            }

            if (extract.GetProperty("box") is { ValueKind: JsonValueKind.Array } box)
            {
                AnswerBox first = Assert.IsType<AnswerBox>(parsed.Boxes.FirstOrDefault());
                Assert.Equal(box.EnumerateArray().Select(Whole), [first.X1, first.Y1, first.X2, first.Y2]);
            }

            if (extract.GetProperty("points") is { ValueKind: JsonValueKind.Array } points)
            {
                Assert.Equal(points.EnumerateArray().Select(point => (Whole(point[0]), Whole(point[1]))), parsed.Points.Select(point => (point.X, point.Y)));
            }
        }
    }

    [Fact]
    public void Events_and_ranges_are_those_of_the_original_script()
    {
        int read = 0;
        foreach (JsonElement one in Cases())
        {
            JsonElement expected = one.GetProperty("expected").GetProperty("moka_ave");
            // The script reads "1_0" as Python's int() does; nobody writes a time so.
            if (expected.GetProperty("status").GetString() != "ok" || one.GetProperty("text").GetString()!.Contains('_') || one.GetProperty("text").GetString()!.Contains("<audio>"))
            {
                continue;
            }

            ParsedAnswer parsed = AnswerParser.Parse("ave", one.GetProperty("text").GetString()!);
            Assert.True(parsed.Events.Count > 0, one.GetProperty("id").GetString());
            Assert.All(parsed.Events, item => Assert.Equal(expected.GetProperty("event").GetString(), item.Label.ToLowerInvariant()));
            var ranges = parsed.Events.Where(item => item.StartSeconds is not null).Select(item => ((double)item.StartSeconds!, (double)item.EndSeconds!));
            Assert.Superset(expected.GetProperty("ranges").EnumerateArray().Select(range => (range[0].GetDouble(), range[1].GetDouble())).ToHashSet(), ranges.ToHashSet());
            read++;
        }

        Assert.True(read >= 10, $"only {read} texts were held against the script");
    }

    [Fact]
    public void Answers_in_tags_are_those_of_the_original_script()
    {
        foreach (JsonElement one in Cases())
        {
            JsonElement expected = one.GetProperty("expected").GetProperty("moka_avqa");
            if (expected.GetProperty("status").GetString() == "ok")
            {
                Assert.Equal(expected.GetProperty("answer").GetString(), AnswerParser.Parse("avqa", one.GetProperty("text").GetString()!).Choice?.ToLowerInvariant());
            }
        }
    }

    [Fact]
    public void Nothing_is_ever_thrown_and_the_raw_text_stays()
    {
        Random random = new(7);
        string[] parts = ["<event>", "</event>", "<range>", "</range>", "<audio>", "</audio>", "<visual>", "</visual>", "<answer>", "</answer>", "[", "]", "(", ")", ",", "1", "99999999999999999999", " ", "\n", "鐘", "dog", "</s>", "<obj>", ".", "-", "𝟙"];
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.Equal(text, AnswerParser.Parse(TaskCatalog.All[round % 19].Key, text).RawText);
        }
    }

    private static IEnumerable<JsonElement> Numbers(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Numbers(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Numbers),
        _ => [element],
    };

    private static IEnumerable<JsonElement> Cases() => JsonDocument.Parse(File.ReadAllText(Golden.Find("metrics/parse.json"))).RootElement.GetProperty("cases").EnumerateArray();

    private static long Whole(JsonElement number) => number.ValueKind == JsonValueKind.String ? long.Parse(number.GetString()!) : number.GetInt64();
}

using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Web.Components.Routing;

namespace CrabStudio.Web.Services;

/// <summary>What a curve of a training run is about.</summary>
public enum RunChart
{
    /// <summary>Losses over all, in nats.</summary>
    Loss,

    /// <summary>Losses by task key, in nats.</summary>
    TaskLoss,

    /// <summary>Losses of the heads on the middle layer, while a base is made.</summary>
    InnerLoss,

    /// <summary>The learning rate, or its share of the highest.</summary>
    LearningRate,

    /// <summary>Norm of all gradients together.</summary>
    GradientNorm,

    /// <summary>Tokens and clips a second.</summary>
    Speed,

    /// <summary>Entropy of the router weights by layer, as a share of the largest possible.</summary>
    Entropy,

    /// <summary>Mean weight of each expert by task: names end with the expert's letter.</summary>
    Shares,

    /// <summary>Measured on unseen clips, by key.</summary>
    Score,
}

/// <summary>One value of a curve.</summary>
/// <param name="Chart">Which chart.</param>
/// <param name="Name">Which curve of it.</param>
/// <param name="Step">The step, from 1; of a measurement the steps done before.</param>
/// <param name="Value">The value.</param>
/// <param name="Weight">How much it counts in a mean over steps.</param>
public readonly record struct RunPoint(RunChart Chart, string Name, int Step, double Value, double Weight = 1);

/// <summary>Lines of training logs → points of curves. A line that lacks a field gives null, never half of its points.</summary>
public static partial class RunPoints
{
    /// <summary>The name of the curve that is over all tasks.</summary>
    public const string All = "all tasks";

    /// <summary>A line of <c>log.jsonl</c>: of <c>crab train</c>, or of a stage of a recipe.</summary>
    public static IReadOnlyList<RunPoint>? OfStep(JsonElement line) => Whole(line, points =>
    {
        int step = line.GetProperty("step").GetInt32();
        double seconds = line.GetProperty("seconds").GetDouble();
        points.Add(new RunPoint(RunChart.GradientNorm, "norm", step, line.GetProperty("grad_norm").GetDouble()));
        if (line.TryGetProperty("losses", out JsonElement losses))
        {
            points.Add(new RunPoint(RunChart.LearningRate, "share of the highest rate", step, line.GetProperty("rate_share").GetDouble()));
            AddSpeed("clips a second", line.GetProperty("clips").GetInt32());
            AddSpeed("tokens a second", line.GetProperty("tokens").GetInt32());
            points.AddRange(losses.EnumerateObject().Select(loss => OfLoss(loss.Name, step, loss.Value.GetDouble())));
            return;
        }

        points.Add(new RunPoint(RunChart.Loss, All, step, line.GetProperty("loss").GetDouble()));
        points.Add(new RunPoint(RunChart.LearningRate, "learning rate", step, line.GetProperty("learning_rate").GetDouble()));
        AddSpeed("tokens a second", line.GetProperty("tokens").EnumerateArray().Sum(tokens => tokens.GetInt32()));
        foreach (((JsonElement sample, JsonElement loss), JsonElement tokens) in line.GetProperty("samples").EnumerateArray().Zip(line.GetProperty("loss_per_sample").EnumerateArray()).Zip(line.GetProperty("loss_tokens").EnumerateArray()))
        {
            points.Add(new RunPoint(RunChart.TaskLoss, KeyOf(sample.GetString()!), step, loss.GetDouble(), tokens.GetInt32()));
        }

        void AddSpeed(string name, int amount)
        {
            if (amount > 0 && seconds > 0)
            {
                points.Add(new RunPoint(RunChart.Speed, name, step, amount / seconds, seconds));
            }
        }
    });

    /// <summary>A line of <c>routes.jsonl</c>.</summary>
    public static IReadOnlyList<RunPoint>? OfRoutes(JsonElement line) => Whole(line, points =>
    {
        int step = line.GetProperty("step").GetInt32();
        string key = KeyOf(line.GetProperty("sample").GetString()!);
        string[] linears = [.. line.GetProperty("linears").EnumerateArray().Select(name => name.GetString()!)];
        double[] entropy = [.. line.GetProperty("entropy").EnumerateArray().Select(value => value.GetDouble())];
        double[][] means = [.. line.GetProperty("mean").EnumerateArray().Select(mean => mean.EnumerateArray().Select(value => value.GetDouble()).ToArray())];
        if (linears.Length == 0 || entropy.Length != linears.Length || means.Length != linears.Length || means.Any(mean => mean.Length != means[0].Length))
        {
            throw new FormatException();
        }

        points.AddRange(linears.Zip(entropy).GroupBy(one => LayerOf(one.First)).Select(layer => new RunPoint(RunChart.Entropy, layer.Key, step, layer.Average(one => one.Second))));
        for (int expert = 0; expert < means[0].Length; expert++)
        {
            double share = means.Average(mean => mean[expert]);
            points.Add(new RunPoint(RunChart.Shares, $"{All} {ExpertPalette.Letter(expert)}", step, share));
            points.Add(new RunPoint(RunChart.Shares, $"{key} {ExpertPalette.Letter(expert)}", step, share));
        }
    });

    /// <summary>A line of <c>unseen.jsonl</c>.</summary>
    public static IReadOnlyList<RunPoint>? OfMeasure(JsonElement line) => Whole(line, points =>
    {
        int step = line.GetProperty("step").GetInt32();
        points.AddRange(line.GetProperty("scores").EnumerateObject().Select(score => new RunPoint(RunChart.Score, score.Name, step, score.Value.GetDouble())));
    });

    /// <summary>The part of the network and the layer of a linear: "text 3", "audio 0", "vision 12"; the name itself where it says none.</summary>
    public static string LayerOf(string linear)
    {
        string part = linear.StartsWith("audio_tower", StringComparison.Ordinal) ? "audio" : linear.StartsWith("visual", StringComparison.Ordinal) ? "vision" : "text";
        return Layer().Match(linear) is { Success: true } match ? $"{part} {match.Groups[1].Value}" : linear;
    }

    // "words ave" is the loss of a key, "middle sound" that of a head; all else is over all.
    private static RunPoint OfLoss(string name, int step, double loss) =>
        name.StartsWith("words ", StringComparison.Ordinal) ? new RunPoint(RunChart.TaskLoss, name["words ".Length..], step, loss)
        : name.StartsWith("middle ", StringComparison.Ordinal) ? new RunPoint(RunChart.InnerLoss, name["middle ".Length..], step, loss)
        : new RunPoint(RunChart.Loss, name == "words" ? All : name, step, loss);

    // Samples are named key:index.
    private static string KeyOf(string sample) => sample.Split(':')[0];

    private static List<RunPoint>? Whole(JsonElement line, Action<List<RunPoint>> read)
    {
        try
        {
            List<RunPoint> points = [];
            read(points);
            return points.All(point => point.Step >= 0 && double.IsFinite(point.Value)) ? points : null;
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"(?:^|\.)(?:layers|blocks)\.(\d+)\.")]
    private static partial Regex Layer();
}

using Bunit;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Components;

namespace CrabStudio.Web.Tests.Routing;

public sealed class AtlasTests : PageContext
{
    private const int Experts = 3, Linears = 4;

    [Fact]
    public void TasksThatRouteAlikeLieNearAndOthersFar()
    {
        AtlasRun[] runs = [.. Runs("ave", 0, 4), .. Runs("avqa", 0, 4), .. Runs("avcap", 1, 4)];
        IReadOnlyList<AtlasTask> tasks = AtlasMath.Tasks(runs, Experts);
        AtlasTask ave = tasks.Single(task => task.Task == "ave"), avqa = tasks.Single(task => task.Task == "avqa"), avcap = tasks.Single(task => task.Task == "avcap");
        double near = AtlasMath.Distance(ave.Mean, avqa.Mean, Experts), far = AtlasMath.Distance(ave.Mean, avcap.Mean, Experts);
        Assert.True(far > 20 * near, $"{near} and {far} bits");
        Assert.True(near < 2 * Math.Max(ave.Spread!.Value, avqa.Spread!.Value));
        Assert.Equal(far, AtlasMath.Distance(avcap.Mean, ave.Mean, Experts));
        Assert.Equal(0, AtlasMath.Distance(ave.Mean, ave.Mean, Experts));
    }

    [Fact]
    public void ASingleRunHasNoSpread() => Assert.Null(Assert.Single(AtlasMath.Tasks([.. Runs("ave", 0, 1)], Experts)).Spread);

    [Fact]
    public void TheMapPutsGroupsApartAlongItsFirstAxisAndKeepsTheirDistances()
    {
        AtlasRun[] runs = [.. Runs("ave", 0, 5), .. Runs("avcap", 1, 5)];
        AtlasMap map = AtlasMath.Map(runs)!;
        double[] one = [.. map.Points.Take(5).Select(point => point.X)], other = [.. map.Points.Skip(5).Select(point => point.X)];
        Assert.True(one.Max() < other.Min() || other.Max() < one.Min());
        Assert.InRange(map.Shares.X, 0.8, 1);
        Assert.InRange(map.Shares.Y, 0, map.Shares.X);
        Assert.Equal(0, map.Points.Sum(point => point.X), 9);

        // Nearly all variance is on the axes, so distances on the map are those of the weights.
        double squares = Math.Sqrt(runs[0].Routes.Zip(runs[9].Routes, (a, b) => Math.Pow(a - b, 2)).Sum());
        double drawn = Math.Sqrt(Math.Pow(map.Points[0].X - map.Points[9].X, 2) + Math.Pow(map.Points[0].Y - map.Points[9].Y, 2));
        Assert.InRange(drawn, 0.8 * squares, squares * (1 + 1e-6));
    }

    [Fact]
    public void TwoRunsMakeNoMap() => Assert.Null(AtlasMath.Map([.. Runs("ave", 0, 2)]));

    [Fact]
    public void LayersAreMeansOfTheirLinears()
    {
        IReadOnlyList<(int Layer, double[] Mix)> layers = AtlasMath.Layers([1, 0, 0, 0, 1, 0, 0.5, 0.25, 0.25], [new("a", 0, "q"), new("b", 0, "k"), new("c", 1, "q")], 3);
        Assert.Equal([0, 1], layers.Select(layer => layer.Layer));
        Assert.Equal([0.5, 0.5, 0], layers[0].Mix);
        Assert.Equal([0.5, 0.25, 0.25], layers[1].Mix);
    }

    [Fact]
    public void TheAtlasSaysHowManyRunsItStandsOn()
    {
        IRenderedComponent<AtlasTables> tables = Tables([.. Runs("ave", 0, 3), .. Runs("avcap", 1, 1)]);
        Assert.Equal(["ave 3", "avcap 1"], tables.FindAll("[data-testid='atlas-distances'] tbody tr").Select(row => $"{row.Children[0].Words()} {row.Children[1].Words()}"));
        Assert.Equal("–", tables.FindAll("[data-testid='atlas-distances'] tbody tr")[1].Children[2].Words());
        Assert.Contains("single run", tables.Named("atlas-single").Words());
        Assert.Equal(4, tables.FindAll(".atlas-map circle").Count);
        Assert.Equal(["ave", "avcap", "positions of the sound"], tables.FindAll("[data-testid='atlas-layers'] tbody th").Select(head => head.Words()));
    }

    [Fact]
    public void WithoutRunsTheAtlasSaysWhatToDo()
    {
        Assert.Contains("No runs to compare yet", Tables([]).Markup);
        Assert.Contains("at least three runs", Tables([.. Runs("ave", 0, 1)]).Named("atlas-few").Words());
    }

    private IRenderedComponent<AtlasTables> Tables(AtlasRun[] runs) => Render<AtlasTables>(parameters => parameters.Add(
        one => one.View,
        new AtlasView([], null, Experts, [.. Enumerable.Range(0, Linears).Select(linear => new RouteLinear($"l{linear}", linear / 2, "q"))], runs, runs.Length)));

    // Runs around one of two routings, with a little noise of their own.
    private static IEnumerable<AtlasRun> Runs(string task, int kind, int count)
    {
        Random random = new(task.Length + (100 * kind));
        for (int run = 0; run < count; run++)
        {
            float[] routes = [.. Enumerable.Range(0, Linears).SelectMany(_ =>
            {
                float noise = 0.02f * random.NextSingle();
                return kind == 0 ? new[] { 0.6f + noise, 0.3f - noise, 0.1f } : [0.1f, 0.3f - noise, 0.6f + noise];
            })];
            yield return new AtlasRun(Guid.NewGuid(), Guid.NewGuid(), $"{task} {run}", task, routes, new Dictionary<PromptPart, float[]> { [PromptPart.Audio] = routes });
        }
    }
}

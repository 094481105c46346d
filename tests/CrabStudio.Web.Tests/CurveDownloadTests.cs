using System.Net;

namespace CrabStudio.Web.Tests;

public sealed class CurveDownloadTests
{
    [Fact]
    public async Task EveryStepOfAChartIsOneCsvWithoutTheLinesThatAreBroken()
    {
        string workshop = Studio.NewFolder();
        await using Studio studio = await Studio.StartAsync(change: options => options with { WorkshopFolder = workshop });
        try
        {
            Directory.CreateDirectory(Path.Combine(workshop, "a.work", "words"));
            File.WriteAllLines(Path.Combine(workshop, "a.work", "words", "log.jsonl"),
            [
                .. Enumerable.Range(1, 1000).Select(step => $$"""{"step":{{step}},"progress":0,"losses":{"words":{{step}}.5,"words \"a,b":2},"rate_share":1,"grad_norm":1,"clips":1,"tokens":0,"seconds":1}"""),
                "broken",
            ]);
            using HttpResponseMessage response = await studio.Http.GetAsync("/api/workshop/curves.csv?run=a.work&stage=words&chart=loss");
            Assert.Equal(("text/csv", "a.work-words-Loss.csv"), (response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentDisposition?.FileNameStar ?? response.Content.Headers.ContentDisposition?.FileName));
            string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal((1001, "step,curve,value", "1000,\"all tasks\",1000.5"), (lines.Length, lines[0], lines[^1]));
            Assert.Contains("7,\"\"\"a,b\",2", await studio.Http.GetStringAsync("/api/workshop/curves.csv?run=a.work&stage=words&chart=TaskLoss"));
            Assert.Equal("step,curve,value\n", await studio.Http.GetStringAsync("/api/workshop/curves.csv?run=a.work&stage=words&chart=Entropy"));
            foreach (string query in new[] { "run=none&chart=loss", "run=..%2Fx&chart=loss", "run=a.work&stage=towers&chart=loss", "run=a.work&stage=..&chart=loss", "run=a.work&stage=words&chart=none", "run=a.work&stage=words&chart=77" })
            {
                Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync("/api/workshop/curves.csv?" + query)).StatusCode);
            }
        }
        finally
        {
            Directory.Delete(workshop, recursive: true);
        }
    }
}

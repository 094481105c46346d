using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Sharing;

namespace CrabStudio.Web.Tests;

/// <summary>Altered runs and comparisons over HTTP, with an engine that only writes down what it was asked.</summary>
public sealed class AlterTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task AnAlteredRunAsksTheVerySameAndSaysEverywhereHowItWasAltered()
    {
        Guid session = await studio.OpenSessionAsync(), original = await studio.AskAsync(session, new { task = "avqa", question = "Who plays?", maxNewTokens = 7 });
        ScriptedRun first = await studio.Engine.NextRunAsync();
        await EndAsync(first, original, "a dog");
        Guid altered = await AlterAsync(original, new { kind = "pin", expert = 1, modules = new[] { "k" } });
        ScriptedRun second = await studio.Engine.NextRunAsync();
        Assert.Null(first.Request.Intervention);
        Assert.Equal((InterventionKind.Pin, 1), (second.Request.Intervention!.Kind, second.Request.Intervention.Expert));
        Assert.Equal(["k"], second.Request.Intervention.Modules!);
        Assert.Equal(first.Request.Conversation.Content, second.Request.Conversation.Content);
        Assert.Equal(7, second.Request.MaxNewTokens);

        // Said of it before it has ended, and after.
        Assert.Equal("pin", (await studio.GetAsync($"/api/answers/{altered}")).GetProperty("intervention").GetProperty("kind").GetString());
        await EndAsync(second, altered, "a cat");
        JsonElement answer = await studio.GetAsync($"/api/answers/{altered}");
        Assert.Equal(["k"], answer.GetProperty("intervention").GetProperty("modules").EnumerateArray().Select(module => module.GetString()));
        Assert.Equal(original, answer.GetProperty("originalId").GetGuid());
        Assert.Equal(JsonValueKind.Null, (await studio.GetAsync($"/api/answers/{original}")).GetProperty("intervention").ValueKind);

        SessionShape shape = await studio.GetAsync<SessionShape>($"/api/sessions/{session}");
        Assert.Equal([null, InterventionKind.Pin], shape.Answers.Select(line => line.Intervention?.Kind));
        Assert.Equal([null, original], shape.Answers.Select(line => line.OriginalId));
        Assert.Equal(1, Assert.Single((await studio.GetAsync<SessionPage>("/api/sessions")).Sessions).AlteredCount);

        // And what is taken along says it too.
        Assert.Equal("pin", (await studio.GetAsync($"/api/answers/{altered}/routes")).GetProperty("intervention").GetProperty("kind").GetString());
        using HttpResponseMessage file = await studio.Http.GetAsync($"/api/answers/{altered}/routes?format=safetensors");
        Assert.Equal($"routes-{altered}-altered.safetensors", file.Content.Headers.ContentDisposition!.FileName);
        Assert.Equal("pin", Metadata(await file.Content.ReadAsByteArrayAsync())!.Value.GetProperty("kind").GetString());
        Assert.Null(Metadata(await studio.Http.GetByteArrayAsync($"/api/answers/{original}/routes?format=safetensors")));

        using HttpResponseMessage link = await studio.Http.PostAsJsonAsync($"/api/sessions/{session}/links", new NewLink());
        string path = (await link.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("path").GetString()!;
        JsonElement shared = Shared.Data(Shared.Page(await studio.Http.GetStringAsync(path)));
        Assert.Equal(["done", "done · altered: only expert B speaks"], shared.GetProperty("others").EnumerateArray().Select(line => line.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task TryAgainAltersInTheSameWayAndAnotherAlterationStartsFromTheOriginal()
    {
        Guid original = await studio.AskAsync(await studio.OpenSessionAsync());
        await EndAsync(await studio.Engine.NextRunAsync(), original, "one");
        Guid off = await AlterAsync(original, new { kind = "off" });
        await EndAsync(await studio.Engine.NextRunAsync(), off, "two");

        using HttpResponseMessage response = await studio.Http.PostAsync($"/api/answers/{off}/retry", null);
        Guid again = (await Studio.ReadAsync<Made>(response)).Id;
        ScriptedRun run = await studio.Engine.NextRunAsync();
        Assert.Equal(InterventionKind.Off, run.Request.Intervention!.Kind);
        await EndAsync(run, again, "two");
        Assert.Equal(original, (await studio.GetAsync<AnswerShape>($"/api/answers/{again}")).OriginalId);

        Guid scaled = await AlterAsync(again, new { kind = "scale", factor = 0.25 });
        run = await studio.Engine.NextRunAsync();
        Assert.Equal((InterventionKind.Scale, 0.25), (run.Request.Intervention!.Kind, run.Request.Intervention.Factor));
        await EndAsync(run, scaled, "three");
        Assert.Equal(original, (await studio.GetAsync<AnswerShape>($"/api/answers/{scaled}")).OriginalId);
    }

    [Fact]
    public async Task AFirstQuestionCanBeAskedAlteredAndThenHasNoOriginal()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync(), new { task = "ave", intervention = new { kind = "drop", expert = 2 } });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        Assert.Equal((InterventionKind.Drop, 2), (run.Request.Intervention!.Kind, run.Request.Intervention.Expert));
        await EndAsync(run, answer, "x");
        AnswerShape shape = await studio.GetAsync<AnswerShape>($"/api/answers/{answer}");
        Assert.Equal((InterventionKind.Drop, null), (shape.Intervention!.Kind, shape.OriginalId));
    }

    [Theory]
    [InlineData("{}", "kind", "kind: found nothing; expected pin, drop, uniform, scale or off.")]
    [InlineData("""{"kind":"boost"}""", "kind", "kind: found “boost”; expected pin, drop, uniform, scale or off.")]
    [InlineData("""{"kind":"pin"}""", "expert", "expert: found none for pin; expected the number of an expert, from 0.")]
    [InlineData("""{"kind":"pin","expert":3}""", "expert", "expert: found 3; expected a number from 0 to 2, as the adapter of this model has 3 experts.")]
    [InlineData("""{"kind":"scale","factor":-2}""", "factor", "factor: found -2 for scale; expected a number from 0 to 100 that alpha is multiplied by.")]
    [InlineData("""{"kind":"off","parts":["nose"]}""", "parts", "parts: found “nose”; expected text, audio or vision.")]
    [InlineData("""{"kind":"off","modules":["v"]}""", "modules", "modules: found “v”; expected q, k.")]
    public async Task AWrongAlterationIsRefusedInOneLineThatNamesTheValue(string body, string field, string line)
    {
        Guid original = await studio.AskAsync(await studio.OpenSessionAsync());
        await EndAsync(await studio.Engine.NextRunAsync(), original, "one");
        using HttpResponseMessage response = await studio.Http.PostAsync($"/api/answers/{original}/alter", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement problem = await Studio.ReadAsync<JsonElement>(response);
        Assert.Equal((field, line), (problem.GetProperty("field").GetString(), problem.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task AnAnswerThatIsNotThereCannotBeAltered()
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync($"/api/answers/{Guid.NewGuid()}/alter", new { kind = "off" });
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task RunsOfTwoSessionsAboutTheSameClipAreComparedAndThoseAboutOtherClipsAreNot()
    {
        ClipShape clip = await studio.UploadAsync("clip_b.mp4"), other = await studio.UploadAsync("clip_a.mp4");
        List<Guid> answers = [];
        foreach ((Guid one, string text) in new[] { (clip.Id, "a dog"), (clip.Id, "a cat"), (other.Id, "a cat") })
        {
            Guid answer = await studio.AskAsync(await studio.OpenSessionAsync(one));
            await EndAsync(await studio.Engine.NextRunAsync(), answer, text);
            answers.Add(answer);
        }

        AnswerComparisons comparisons = new(studio.Answers, studio.Sessions);
        IReadOnlyList<ComparedAnswer> loaded = await comparisons.LoadAsync(answers[..2], default);
        Assert.Equal(["a dog", "a cat"], loaded.Select(one => one.Answer.Text));
        Assert.All(loaded, one => Assert.Equal((1, 1), (one.Tokens.Count, one.Routes!.Steps.Count)));
        TaskInputException refused = await Assert.ThrowsAsync<TaskInputException>(() => comparisons.LoadAsync([answers[0], answers[2]], default));
        Assert.Equal("answers: found runs about clip_b.mp4 and about clip_a.mp4; expected runs about the same clips.", refused.Message);
        await Assert.ThrowsAsync<UnknownItemException>(() => comparisons.LoadAsync([answers[0], Guid.NewGuid()], default));

        // A program gets the same numbers.
        JsonElement shape = await studio.GetAsync($"/api/comparisons?answers={answers[0]},{answers[1]}");
        Assert.Equal("""[{"text":"a ","change":"same"},{"text":"dog","change":"removed"},{"text":"cat","change":"added"}]""", shape.GetProperty("runs")[1].GetProperty("words").GetRawText());
        Assert.Equal("nowhere: every weight is the same", shape.GetProperty("runs")[1].GetProperty("routesPart").GetString());
        Assert.Equal(["The answer", "The prompt: words", "Audio tower"], shape.GetProperty("routing").EnumerateArray().Where(row => row.GetProperty("layer").ValueKind == JsonValueKind.Null).Select(row => row.GetProperty("set").GetString()).Distinct());
        Assert.All(shape.GetProperty("routing").EnumerateArray(), row => Assert.Equal(0, row.GetProperty("divergenceBits").GetDouble()));
        using HttpResponseMessage wrong = await studio.Http.GetAsync($"/api/comparisons?answers={answers[0]}");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        // The page says both, before any script runs.
        string page = await studio.Http.GetStringAsync($"/compare?answers={answers[0]},{answers[1]}");
        Assert.Contains("Two runs about the same clip", page, StringComparison.Ordinal);
        Assert.Contains("<del>dog</del><ins>cat</ins>", page, StringComparison.Ordinal);
        Assert.Contains("expected runs about the same clips", await studio.Http.GetStringAsync($"/compare?answers={answers[0]},{answers[2]}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "0 answers")]
    [InlineData("22222222-2222-2222-2222-222222222222", "one answer")]
    [InlineData("22222222-2222-2222-2222-222222222222,22222222-2222-2222-2222-222222222222", "one answer")]
    [InlineData("22222222-2222-2222-2222-222222222222,dog", "“dog”, which is no id of an answer")]
    public void AListOfRunsThatIsNoneIsRefusedInOneLine(string list, string found) => Assert.Equal(
        $"answers: found {found}; expected 2 to 4 ids of answers about the same clips, with commas between.",
        Assert.Throws<TaskInputException>(() => AnswerComparisons.Ids(list)).Message);

    private async Task<Guid> AlterAsync(Guid answer, object intervention)
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync($"/api/answers/{answer}/alter", intervention);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await Studio.ReadAsync<Made>(response)).Id;
    }

    private async Task EndAsync(ScriptedRun run, Guid answer, string text)
    {
        run.ReadPrompt();
        run.Say(text);
        run.Finish();
        Assert.Equal(AnswerStatus.Done, (await studio.EndAsync(answer)).Status);
    }

    // What the file says of its intervention, or null.
    private static JsonElement? Metadata(byte[] file)
    {
        JsonElement header = JsonDocument.Parse(file.AsMemory(8, (int)BinaryPrimitives.ReadInt64LittleEndian(file))).RootElement;
        return header.TryGetProperty("__metadata__", out JsonElement metadata) ? JsonDocument.Parse(metadata.GetProperty("intervention").GetString()!).RootElement : null;
    }
}

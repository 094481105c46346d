#!/usr/bin/env dotnet
#:property PublishAot=false

// Asks the studio about a clip, with the SDK alone:  dotnet run ask.cs CLIP [TASK]
// CRAB_STUDIO is its address, CRAB_ACCESS_KEY its key if it has one.
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

string clip = args[0], task = args.Length > 1 ? args[1] : "ave";
using HttpClient studio = new()
{
    BaseAddress = new Uri(Environment.GetEnvironmentVariable("CRAB_STUDIO") ?? "http://127.0.0.1:5187"),
    Timeout = Timeout.InfiniteTimeSpan,
};
if (Environment.GetEnvironmentVariable("CRAB_ACCESS_KEY") is { Length: > 0 } key)
{
    studio.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
}

// The clip goes up as a multipart form; a session is about one clip or several; the answer grows by itself.
using MultipartFormDataContent form = new() { { new StreamContent(File.OpenRead(clip)), "file", Path.GetFileName(clip) } };
JsonElement taken = await ReadAsync(studio.PostAsync("/api/clips", form));
Console.WriteLine($"clip {taken.GetProperty("fileName")}, {taken.GetProperty("durationSeconds")} s");
JsonElement session = await ReadAsync(studio.PostAsJsonAsync("/api/sessions", new { clipIds = new[] { taken.GetProperty("id") } }));
JsonElement asked = await ReadAsync(studio.PostAsJsonAsync($"/api/sessions/{session.GetProperty("id")}/questions", new { task }));
string answer = asked.GetProperty("id").ToString();
Console.WriteLine($"answer {answer}");

// Server-sent events to the end of the answer; those named token bring its text.
using Stream stream = await studio.GetStreamAsync($"/api/answers/{answer}/stream");
await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync())
{
    if (item.EventType == "token")
    {
        Console.Write(JsonSerializer.Deserialize<JsonElement>(item.Data).GetProperty("text"));
    }
}

Console.WriteLine();

// What was read from the text, in seconds of the clip.
JsonElement stored = await ReadAsync(studio.GetAsync($"/api/answers/{answer}"));
Console.WriteLine($"status {stored.GetProperty("status")}, {stored.GetProperty("tokens").GetArrayLength()} tokens");
foreach (JsonElement one in stored.GetProperty("localization").GetProperty("events").EnumerateArray())
{
    Console.WriteLine($"event {one.GetProperty("label")}, {one.GetProperty("modality")}, {one.GetProperty("startSeconds")} to {one.GetProperty("endSeconds")} s");
}

// What the routers said: steps is [token][linear][expert]; here the mean over both.
JsonElement routes = await ReadAsync(studio.GetAsync($"/api/answers/{answer}/routes"));
double[][] gates = [.. routes.GetProperty("steps").Deserialize<double[][][]>()!.SelectMany(token => token)];
Console.WriteLine("routing " + string.Join(", ", Enumerable.Range(0, routes.GetProperty("experts").GetInt32())
    .Select(expert => $"{"ABCDEFGHIJ"[expert]} {Math.Round(100 * gates.Average(gate => gate[expert]))}%")));

// A refusal is a JSON object whose “detail” is one plain line.
static async Task<JsonElement> ReadAsync(Task<HttpResponseMessage> call)
{
    using HttpResponseMessage response = await call;
    JsonElement body = await response.Content.ReadFromJsonAsync<JsonElement>();
    if (!response.IsSuccessStatusCode)
    {
        Console.Error.WriteLine(body.GetProperty("detail"));
        Environment.Exit(1);
    }

    return body;
}

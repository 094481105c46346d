using System.Text.Json;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using Microsoft.AspNetCore.Builder;

namespace CrabStudio.Web.Tests;

/// <summary>From an upload to the numbers of the reference vectors, through the HTTP interface and the real model.</summary>
public sealed class WholeWayTests
{
    private const float Tolerance = 1e-4f;

    [Fact]
    public async Task AClipThatIsUploadedAndAskedGivesTheReferencesTokensAndRoutes()
    {
        string folder = Studio.NewFolder();
        string model = Golden.Find("tiny");
        StudioOptions options = Studio.OptionsFor(folder) with { ModelFolder = model, AdapterFile = Path.Combine(model, "adapter", "finetune_weights.bin"), Device = "cpu", Precision = "fp32" };
        await using (WebApplication app = StudioHost.Build(options))
        {
            await app.StartAsync();
            Studio studio = new(app, folder);

            // A video and a sound, two videos joined into one, and a still.
            foreach (string name in new[] { "ave-0", "a2v-0", "arig-0" })
            {
                await AskAsync(studio, name);
            }

            await app.StopAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task AskAsync(Studio studio, string name)
    {
        JsonElement reference = JsonDocument.Parse(await File.ReadAllTextAsync(Golden.Find($"vectors/cases/{name}.json"))).RootElement;
        Vectors vectors = Vectors.Load($"vectors/cases/{name}.safetensors");
        List<Guid> clips = [];
        JsonElement[] media = [.. reference.GetProperty("content").EnumerateArray().Where(item => item.GetProperty("type").GetString() != "text")];
        foreach (JsonElement item in media)
        {
            string path = item.GetProperty(item.GetProperty("type").GetString()!).GetString()!;
            await using FileStream file = File.OpenRead(Golden.Find(path));
            using HttpResponseMessage uploaded = await studio.UploadAsync(file, Path.GetFileName(path));
            clips.Add((await Studio.ReadAsync<ClipShape>(uploaded)).Id);
        }

        long[] tokens = vectors.Longs("generated");
        Guid id = await studio.AskAsync(await studio.OpenSessionAsync([.. clips]), new { task = reference.GetProperty("task").GetString(), maxNewTokens = tokens.Length });
        AnswerShape answer = await studio.EndAsync(id, seconds: 60);
        Assert.True(answer.Status == AnswerStatus.Done, $"{name}: {answer.Error}");
        Assert.Equal(tokens, answer.TokenIds.Select(token => (long)token));
        Assert.Equal(reference.GetProperty("generated_text").GetString(), answer.Text);
        Assert.Equal(reference.GetProperty("prompt_tokens").GetInt32(), answer.Seen!.PromptTokens);

        // Every frame is told to come from the clip that it came from.
        IEnumerable<Guid> frames = media.Zip(clips).Where(pair => pair.First.GetProperty("type").GetString() != "audio")
            .SelectMany(pair => Enumerable.Repeat(pair.Second, pair.First.TryGetProperty("nframes", out JsonElement count) ? count.GetInt32() : 1));
        Assert.Equal(frames, answer.Seen.Frames.Select(frame => frame.ClipId));
        Assert.Equal(media.Zip(clips).Where(pair => pair.First.GetProperty("type").GetString() == "audio").Select(pair => pair.Second), answer.Seen.Sounds.Select(sound => sound.ClipId));

        RoutesShape routes = await studio.GetAsync<RoutesShape>($"/api/answers/{id}/routes");
        long[] shape = vectors.Shape("router_text_steps");
        Assert.Equal(shape[0] + 1, routes.Steps.Length);
        Close(vectors.Floats("router_text_steps"), [.. routes.Steps.Skip(1).SelectMany(step => step).SelectMany(linear => linear)]);
        if (vectors.Has("router_text_prefill"))
        {
            (int linears, int positions, int experts) = ((int)shape[1], answer.Seen.PromptTokens, (int)shape[2]);
            float[] prompt = vectors.Floats("router_text_prefill");
            float[] mean = new float[linears * experts];
            for (int at = 0; at < prompt.Length; at++)
            {
                mean[(at / (positions * experts) * experts) + (at % experts)] += prompt[at] / positions;
            }

            Close(mean, [.. routes.PrefillMean.Take(linears).SelectMany(linear => linear)]);
        }
    }

    private static void Close(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.True(expected.Zip(found).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance), $"The routes are off by {expected.Zip(found).Max(pair => Math.Abs(pair.First - pair.Second))}.");
    }
}

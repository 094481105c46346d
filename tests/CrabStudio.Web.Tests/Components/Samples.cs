using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Components;

/// <summary>Small things that tests are about.</summary>
public static class Samples
{
    public static readonly Guid ClipId = Guid.Parse("11111111-1111-1111-1111-111111111111");

    public static readonly string[] Linears = ["model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj"];

    public static ModelFacts Model(bool untrained = false, int experts = 3) =>
        new("tiny", experts > 0 ? "finetune_weights.bin" : null, untrained, 1000, 100, 1, experts, 4, 8, experts > 0 ? Linears : [], experts > 0 ? ["layers.0.fc1"] : [], experts > 0 ? ["blocks.0.attn.qkv"] : [], "fp32", "cpu", 4096);

    public static SeenFacts Seen(int frames = 2, bool still = false, int sounds = 1) => new(
        [.. Enumerable.Range(0, frames).Select(number => new SeenFrame(number, ClipId, 30 * number, number * 1.5, 224, 224, still))],
        [.. Enumerable.Range(0, sounds).Select(_ => new HeardSoundFacts(ClipId, 10))],
        6,
        [new PromptSpan(PromptPart.Text, 0, 2), new PromptSpan(PromptPart.Audio, 2, 3), new PromptSpan(PromptPart.Text, 5, 1)]);

    public static Answer Answer(string task = "ave", AnswerStatus status = AnswerStatus.Running, string text = "", ModelFacts? model = null, SeenFacts? seen = null) => new()
    {
        Id = Guid.Parse("22222222-2222-2222-2222-222222222222"),
        TaskKey = task,
        QuestionText = "What happens when?",
        AskedAt = DateTimeOffset.UtcNow,
        MaxNewTokens = 512,
        Status = status,
        Text = text,
        ModelJson = model is null ? null : JsonSerializer.Serialize(model, StudioJson.Options),
        SeenJson = seen is null ? null : JsonSerializer.Serialize(seen, StudioJson.Options),
    };

    /// <summary>The state of an answer whose prompt was read and whose tokens are <paramref name="tokens"/>, each with routes of its own.</summary>
    public static AnswerPageState State(string[] tokens, string task = "ave", AnswerStatus status = AnswerStatus.Done, ModelFacts? model = null, SeenFacts? seen = null)
    {
        AnswerPageState state = new(Answer(task, status, "", model ?? Model(), seen ?? Seen()));
        for (int index = 0; index < tokens.Length; index++)
        {
            state.Apply(Token(index, tokens[index]));
        }

        return state;
    }

    public static TokenUpdate Token(int index, string text, float[]? routes = null) => new(index, 100 + index, text, 1 + (index * 0.25), routes ?? Routes(index));

    /// <summary>Two rows of three shares; the first expert has more the further the answer is.</summary>
    public static float[] Routes(int index) => [0.25f + (index * 0.0625f), 0.5f - (index * 0.0625f), 0.25f, 0.5f, 0.25f, 0.25f];

    public static StatusUpdate Status(AnswerStatus status, string? stage = null, double? fraction = null, int? queue = null, string? finish = null, string? error = null, double? first = null, double? total = null) =>
        new(status, finish, error, queue, stage, fraction, first, total);

    /// <summary>A matrix of random mixes.</summary>
    public static RouteMatrix RandomRoutes(Random random, int linears, int positions, int experts)
    {
        float[] weights = new float[linears * positions * experts];
        for (int row = 0; row < linears * positions; row++)
        {
            double[] mix = RandomMix(random, experts);
            for (int expert = 0; expert < experts; expert++)
            {
                weights[(row * experts) + expert] = (float)mix[expert];
            }
        }

        return new RouteMatrix([.. Enumerable.Range(0, linears).Select(linear => $"model.layers.{linear}.mlp.up_proj")], positions, experts, weights);
    }

    public static double[] RandomMix(Random random, int experts)
    {
        double[] mix = [.. Enumerable.Range(0, experts).Select(_ => Math.Pow(random.NextDouble(), 3) + 1e-9)];
        double sum = mix.Sum();
        return [.. mix.Select(share => share / sum)];
    }

    public static ClipProbe Video(bool sound = true, double seconds = 10) =>
        new(ClipKind.Video, "mov", 3_100_000, seconds, new PictureStream("h264", 1280, 720, 30, 0), sound ? new SoundStream("aac", 48000, 2) : null, sound ? 2 : 1);

    public static ClipProbe Sound() => new(ClipKind.Audio, "wav", 712, 4, null, new SoundStream("pcm_s16le", 16000, 1), 1);

    public static ClipProbe Picture() => new(ClipKind.Image, "png_pipe", 5_000, 0, new PictureStream("png", 640, 480, 0, 0), null, 1);

    public static Clip Clip(ClipProbe probe, string name = "clip.mp4", Guid? id = null) =>
        new() { Id = id ?? Guid.NewGuid(), FileName = name, Bytes = probe.Bytes, ProbeJson = JsonSerializer.Serialize(probe, StudioJson.Options), AddedAt = DateTimeOffset.UtcNow };
}

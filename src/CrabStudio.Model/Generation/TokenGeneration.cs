using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Text;
using CrabStudio.Model.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Generation;

/// <summary>The parts of reading a prompt.</summary>
public enum GenerationStage
{
    /// <summary>Sounds become embeddings.</summary>
    AudioTower,

    /// <summary>Pictures become embeddings.</summary>
    VisionTower,

    /// <summary>The text decoder reads the prompt.</summary>
    Prefill,
}

/// <summary>How an answer is generated. Decoding is greedy, as in the authors' evaluation.</summary>
/// <param name="MaxNewTokens">Longest answer in tokens.</param>
/// <param name="CaptureRoutes">Whether router weights are kept.</param>
/// <param name="Trace">Filled with what is computed; null: nothing is kept.</param>
/// <param name="Intervention">How routers or adapters are altered in every pass of this answer; null: not at all.</param>
public sealed record GenerationSettings(int MaxNewTokens = 512, bool CaptureRoutes = true, GenerationTrace? Trace = null, RouterIntervention? Intervention = null);

/// <summary>One answer in the making: the cache, and the next token on demand.</summary>
public sealed class TokenGeneration : IDisposable
{
    private readonly Thinker thinker;
    private readonly GenerationSettings settings;
    private readonly KeyValueCache cache;
    private readonly StreamingDecoder decoder;
    private readonly long ropeDelta;
    private readonly List<long> generated = [];
    private readonly List<float> tracedLogits = [], tracedSteps = [];
    private Tensor? logits;
    private float[]? routes;
    private long length;

    internal TokenGeneration(Thinker thinker, ModelInput input, GenerationSettings settings, Action<GenerationStage, double>? progress, CancellationToken cancellation)
    {
        long room = thinker.Config.Text.MaxPositions - input.InputIds.Length;
        (this.thinker, ropeDelta, length) = (thinker, input.RopeDelta, input.InputIds.Length);
        this.settings = settings with { MaxNewTokens = (int)Math.Clamp(settings.MaxNewTokens, 1, Math.Max(1, room)) };
        decoder = thinker.Tokenizer.NewStream();
        cache = thinker.Text.NewCache(length + this.settings.MaxNewTokens);
        try
        {
            using IDisposable altered = thinker.Alter(settings.Intervention);
            Prefill = Read(input, progress, cancellation);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What is known of the prompt.</summary>
    public PrefillResult Prefill { get; }

    /// <summary>Why it ended; null while it goes on.</summary>
    public StopReason? Stopped { get; private set; }

    /// <summary>The next token, or null when the answer has ended. The token that ends an answer is a token too, with no text of its own.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public GeneratedToken? Next(CancellationToken cancellation = default)
    {
        if (Stopped is not null)
        {
            return null;
        }

        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        if (generated.Count > 0)
        {
            using IDisposable altered = thinker.Alter(settings.Intervention);
            Step(cancellation);
        }

        long id = logits!.argmax().item<long>();
        generated.Add(id);
        if (settings.Trace is not null)
        {
            tracedLogits.AddRange(logits.cpu().data<float>());
        }

        Stopped = id == thinker.Config.EndToken ? StopReason.EndOfText : generated.Count == settings.MaxNewTokens ? StopReason.Length : null;
        string text = decoder.Add((int)id);
        if (Stopped is not null)
        {
            text += decoder.End();
            FinishTrace();
        }

        return new GeneratedToken(generated.Count - 1, (int)id, text, routes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        logits?.Dispose();
        cache.Dispose();
    }

    private PrefillResult Read(ModelInput input, Action<GenerationStage, double>? progress, CancellationToken cancellation)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        GenerationTrace? trace = settings.Trace;
        Tensor embeddings = thinker.Embed(input, trace, progress, cancellation, out RouteMatrix? audio, out RouteMatrix? vision);
        var lastOfLayers = new List<float>();
        var context = new ForwardContext(cancellation, fraction => progress?.Invoke(GenerationStage.Prefill, fraction), trace is null ? null : (name, value) =>
        {
            if (name.StartsWith("text.layer", StringComparison.Ordinal) && !name.Contains(".attention", StringComparison.Ordinal) && !name.Contains(".mlp", StringComparison.Ordinal))
            {
                using Tensor last = value[^1].to(ScalarType.Float32).cpu();
                lastOfLayers.AddRange(last.data<float>());
            }
        });
        Tensor hidden = thinker.Text.Forward(embeddings, input.PositionIds.to(thinker.Text.Device), cache, 0, context);
        RouteMatrix? text = thinker.Text.Routes.Take();
        routes = text is null ? null : LastPosition(text);
        SetLogits(hidden.narrow(0, hidden.shape[0] - 1, 1));
        if (trace is not null)
        {
            trace.Set("input_ids", [input.InputIds.Length], input.InputIds);
            trace.Set("position_ids", [3, input.InputIds.Length], input.PositionIds.data<long>().ToArray());
            trace.Set("hidden_last_position", [thinker.Config.Text.Layers, thinker.Config.Text.HiddenSize], [.. lastOfLayers]);
            trace.Set("router_text_prefill", text);
            trace.Set("audio_router", audio);
            trace.Set("vision_router", vision);
        }

        return new PrefillResult(input.InputIds.Length, input.Spans, text, audio, vision);
    }

    private void Step(CancellationToken cancellation)
    {
        TextDecoder decoderNetwork = thinker.Text;
        Tensor ids = tensor(new[] { generated[^1] }, ScalarType.Int64, device: decoderNetwork.Device);
        Tensor positions = tensor(new[] { length + ropeDelta }, ScalarType.Int64, device: decoderNetwork.Device).expand(3, 1);
        Tensor hidden = decoderNetwork.Forward(decoderNetwork.Embed(ids), positions, cache, length, new ForwardContext(cancellation));
        length++;
        routes = decoderNetwork.Routes.Take()?.Weights;
        SetLogits(hidden);
        if (settings.Trace is not null && routes is not null)
        {
            tracedSteps.AddRange(routes);
        }
    }

    private void SetLogits(Tensor hidden)
    {
        Tensor next = thinker.Text.Logits(thinker.Text.Norm(hidden)).squeeze(0).DetachFromDisposeScope();
        logits?.Dispose();
        logits = next;
    }

    private void FinishTrace()
    {
        if (settings.Trace is { } trace)
        {
            trace.Set("generated", [generated.Count], [.. generated]);
            trace.Set("logits", [generated.Count, thinker.Config.Text.VocabularySize], [.. tracedLogits]);
            if (routes is not null)
            {
                long linears = thinker.Facts.TextLinears.Count;
                trace.Set("router_text_steps", [generated.Count - 1, linears, thinker.Facts.Experts], [.. tracedSteps]);
            }
        }
    }

    private static float[] LastPosition(RouteMatrix matrix)
    {
        var last = new float[matrix.Linears.Count * matrix.Experts];
        for (int linear = 0; linear < matrix.Linears.Count; linear++)
        {
            for (int expert = 0; expert < matrix.Experts; expert++)
            {
                last[(linear * matrix.Experts) + expert] = matrix[linear, matrix.Positions - 1, expert];
            }
        }

        return last;
    }
}

using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Text;
using CrabStudio.Model.Tokenization;
using CrabStudio.Model.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model;

/// <summary>
/// The Thinker of Qwen2.5-Omni with I-LoRA: an audio tower and a vision tower whose embeddings stand among those of the
/// words, and a text decoder over all of them (paper, figure 2). Used on one thread.
/// </summary>
public sealed class Thinker : IDisposable
{
    private readonly IDisposable[] files;
    private readonly AudioTower audio_tower;
    private readonly VisionTower visual;

    private Thinker(ModelFacts facts, ThinkerConfig config, ByteLevelTokenizer tokenizer, InputBuilder inputs, AudioTower audio, VisionTower vision, TextDecoder text, WeightLoader loader, IDisposable[] files)
    {
        (Facts, Config, Tokenizer, Inputs, audio_tower, visual, Text, BaseTensors, Adapters, this.files) = (facts, config, tokenizer, inputs, audio, vision, text, loader.Bases, loader.Adapters, files);
    }

    /// <summary>What a page may show of the model.</summary>
    public ModelFacts Facts { get; }

    /// <summary>Shapes and special ids.</summary>
    public ThinkerConfig Config { get; }

    /// <summary>Words to ids and back.</summary>
    public ByteLevelTokenizer Tokenizer { get; }

    /// <summary>Decoded media and words to network inputs.</summary>
    public InputBuilder Inputs { get; }

    /// <summary>The text decoder.</summary>
    public TextDecoder Text { get; }

    /// <summary>The tensors of the base by their name below the Thinker. Building a base changes them; else they stay as they are.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> BaseTensors { get; }

    /// <summary>The adapters, audio tower first, then vision tower, then text decoder; empty without one. Training changes their tensors.</summary>
    public IReadOnlyList<AdaptedLinear> Adapters { get; }

    /// <summary>Loads a base and, where one is named, an adapter.</summary>
    /// <param name="options">Which and how.</param>
    /// <param name="progress">Told the fraction of tensors loaded, 0 to 1.</param>
    /// <param name="cancellation">Looked at for each tensor.</param>
    /// <exception cref="ModelException">Something is missing, broken or does not fit; one line says what.</exception>
    public static Thinker Load(ModelOptions options, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (!Directory.Exists(options.Folder))
        {
            throw new ModelException($"{options.Folder}: there is no such folder; expected a Hugging Face folder of Qwen2.5-Omni with config.json, weights and tokenizer.");
        }

        ThinkerConfig config = ThinkerConfig.Load(options.Folder);
        PreprocessorConfig preprocessor = PreprocessorConfig.Load(options.Folder);
        ByteLevelTokenizer tokenizer = ByteLevelTokenizer.Load(options.Folder);
        InputBuilder? inputs = null;
        var files = new List<IDisposable>();
        try
        {
            inputs = new InputBuilder(tokenizer.Encode, config, preprocessor);
            files.Add(inputs);
            TensorArchive weights = CheckpointFolder.Open(options.Folder);
            files.Add(weights);
            AdapterConfig? adapterConfig = null;
            TensorArchive? adapter = null;
            if (options.AdapterFile is { } file)
            {
                adapterConfig = AdapterConfigOf(file, options.Alpha);
                adapter = File.Exists(file) ? new TorchArchive(file) : throw new ModelException($"{file}: there is no such adapter file; expected finetune_weights.bin.");
                files.Add(adapter);
            }

            ComputeRuntime runtime = ComputeRuntime.Choose(options, weights.Entries.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size)));
            using IDisposable noGradients = no_grad();
            var loader = new WeightLoader(weights, adapter, adapterConfig?.Alpha, runtime.DType, runtime.Device, progress, cancellation);
            var audio = new AudioTower(loader.Root.At("audio_tower"), config.Audio, new RouteRecorder());
            var vision = new VisionTower(loader.Root.At("visual"), config.Vision, new RouteRecorder());
            var text = new TextDecoder(loader.Root, config.Text, new RouteRecorder());
            loader.ThrowIfIncomplete(NameOf(options.Folder), options.AdapterFile is null ? null : Path.GetFileName(options.AdapterFile));
            Agree(options.AdapterFile, "r", adapterConfig?.Rank, loader.Rank);
            Agree(options.AdapterFile, "lora_nums", adapterConfig?.Experts, loader.Experts);
            progress?.Invoke(1);
            var facts = new ModelFacts(
                NameOf(options.Folder), options.AdapterFile is null ? null : Path.GetFileName(options.AdapterFile), JsonFile.Read(Path.Combine(options.Folder, "config.json")).Flag("crab_untrained", false),
                loader.BaseParameters, loader.AdapterParameters, config.Text.Layers, loader.Experts, loader.Rank, adapterConfig?.Alpha ?? 0,
                text.Routes.Linears, audio.Routes.Linears, vision.Routes.Linears, runtime.PrecisionName, runtime.DeviceName, config.Text.MaxPositions)
            {
                Card = ModelCard.Load(options.Folder),
                VisionWindow = config.Vision.WindowSize / config.Vision.PatchSize / config.Vision.MergeSize,
            };
            return new Thinker(facts, config, tokenizer, inputs, audio, vision, text, loader, [.. files]);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>Begins an answer: reads the prompt. The result gives the tokens one by one.</summary>
    /// <param name="input">What is asked; stays the caller's.</param>
    /// <param name="settings">Limit, capture, trace.</param>
    /// <param name="progress">Told the stage and its fraction.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="Tasks.TaskInputException">The intervention does not suit this model.</exception>
    public TokenGeneration Begin(ModelInput input, GenerationSettings settings, Action<GenerationStage, double>? progress = null, CancellationToken cancellation = default)
    {
        settings.Intervention?.CheckAgainst(Facts);
        foreach (RouteRecorder recorder in Recorders)
        {
            recorder.Clear();
            recorder.Enabled = settings.CaptureRoutes;
        }

        return new TokenGeneration(this, input, settings, progress, cancellation);
    }

    /// <summary>
    /// Hidden states before the final norm over a whole sequence at once, [tokens, hidden], in the caller's dispose scope:
    /// the pass of training. It records gradients unless the caller forbids it, and gathers routes when <paramref name="captureRoutes"/> is set;
    /// while it is not, several threads may each be in a pass of their own.
    /// </summary>
    /// <param name="input">Prompt and answer.</param>
    /// <param name="features">What the towers make of the media, when that is known; null: the towers work.</param>
    /// <param name="captureRoutes">Whether the recorders keep the gates of this pass.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <param name="trace">Told what <see cref="ForwardContext.Trace"/> is told; what it keeps needs a handle of its own.</param>
    public Tensor Forward(ModelInput input, TowerFeatures? features = null, bool captureRoutes = false, CancellationToken cancellation = default, Action<string, Tensor>? trace = null)
    {
        foreach (RouteRecorder recorder in Recorders)
        {
            recorder.Clear();
            recorder.Enabled = captureRoutes;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor embeddings = Embed(input, features ?? Perceive(input, new ForwardContext(cancellation)));
        return Text.Forward(embeddings, input.PositionIds.to(Text.Device), null, 0, new ForwardContext(cancellation, null, trace), input.Branches).MoveToOuterDisposeScope();
    }

    /// <summary>What the towers make of the media of a prompt, in the caller's dispose scope.</summary>
    public TowerFeatures Perceive(ModelInput input, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        var features = new TowerFeatures(
            input.Sounds.Count == 0 ? null : audio_tower.Forward(input.Sounds, context),
            input.Images is null ? null : visual.Forward(input.Images, context),
            input.Videos is null ? null : visual.Forward(input.Videos, context));
        features.Audio?.MoveToOuterDisposeScope();
        features.Images?.MoveToOuterDisposeScope();
        features.Videos?.MoveToOuterDisposeScope();
        return features;
    }

    /// <summary>The routes of the last <see cref="Forward"/> that captured them: audio tower, vision tower, text decoder, without those that did not work.</summary>
    public IReadOnlyList<RouteMatrix> TakeRoutes() => [.. Recorders.Select(recorder => recorder.Take()).OfType<RouteMatrix>()];

    /// <summary>Alters the passes of all three parts until the result is disposed: of this answer's only, whatever other pass comes between two of its tokens.</summary>
    internal IDisposable Alter(RouterIntervention? intervention)
    {
        foreach (RouteRecorder recorder in Recorders)
        {
            recorder.Intervention = intervention;
        }

        return new Restored(this);
    }

    private RouteRecorder[] Recorders => [audio_tower.Routes, visual.Routes, Text.Routes];

    private Tensor Embed(ModelInput input, TowerFeatures features)
    {
        Tensor embeddings = Text.Embed(tensor(input.InputIds, ScalarType.Int64, device: Text.Device));
        foreach ((Tensor? media, PromptPart part) in new[] { (features.Audio, PromptPart.Audio), (features.Images, PromptPart.Image), (features.Videos, PromptPart.Video) })
        {
            if (media is not null)
            {
                Place(embeddings, media, input.Spans, part);
            }
        }

        return embeddings;
    }

    /// <summary>Embeddings of the prompt, [tokens, hidden]: those of the words, with those of media in place of the placeholders.</summary>
    internal Tensor Embed(ModelInput input, GenerationTrace? trace, Action<GenerationStage, double>? progress, CancellationToken cancellation, out RouteMatrix? audioRoutes, out RouteMatrix? visionRoutes)
    {
        using DisposeScope scope = NewDisposeScope();
        (audioRoutes, visionRoutes) = (null, null);
        Tensor embeddings = Text.Embed(tensor(input.InputIds, ScalarType.Int64, device: Text.Device));
        if (input.Sounds.Count > 0)
        {
            Tensor heard = audio_tower.Forward(input.Sounds, new ForwardContext(cancellation, fraction => progress?.Invoke(GenerationStage.AudioTower, fraction)));
            Place(embeddings, heard, input.Spans, PromptPart.Audio);
            audioRoutes = audio_tower.Routes.Take();
            trace?.Add("audio_embeddings", heard);
        }

        var seen = new List<Tensor>();
        int passes = (input.Images is null ? 0 : 1) + (input.Videos is null ? 0 : 1);
        foreach ((VisionInput? pictures, PromptPart part) in new[] { (input.Images, PromptPart.Image), (input.Videos, PromptPart.Video) })
        {
            if (pictures is not null)
            {
                int before = seen.Count;
                seen.Add(visual.Forward(pictures, new ForwardContext(cancellation, fraction => progress?.Invoke(GenerationStage.VisionTower, (before + fraction) / passes))));
                Place(embeddings, seen[^1], input.Spans, part);
            }
        }

        if (seen.Count > 0)
        {
            visionRoutes = visual.Routes.Take();
            trace?.Add("vision_embeddings", seen.Count == 1 ? seen[0] : cat(seen, 0));
        }

        return embeddings.MoveToOuterDisposeScope();
    }

    private static void Place(Tensor embeddings, Tensor media, IReadOnlyList<PromptSpan> spans, PromptPart part)
    {
        long at = 0;
        foreach (PromptSpan span in spans.Where(span => span.Part == part))
        {
            embeddings.narrow(0, span.Start, span.Length).copy_(media.narrow(0, at, span.Length));
            at += span.Length;
        }
    }

    // The published file comes without numbers beside it: alpha is an argument in the authors' scripts.
    private static AdapterConfig AdapterConfigOf(string adapterFile, double? alpha)
    {
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(adapterFile))!, "adapter_config.json");
        AdapterConfig? stored = File.Exists(beside) ? AdapterConfig.Load(beside) : null;
        return alpha is { } given
            ? double.IsFinite(given) && given >= 0 ? (stored ?? new AdapterConfig(null, given, null, 0, [])) with { Alpha = given } : throw new ModelException($"--alpha: found {given}; expected a number that is not negative.")
            : stored ?? throw new ModelException($"{Path.GetFileName(adapterFile)}: alpha is not known, as there is no adapter_config.json beside it; pass --alpha (256 in the published run) or write that file with lora_alpha.");
    }

    private static void Agree(string? adapterFile, string field, int? said, int found)
    {
        if (said is { } number && number != found)
        {
            throw new ModelException($"adapter_config.json: {field} is {number}; expected {found} as in {Path.GetFileName(adapterFile)}. Take both files from one training run.");
        }
    }

    private sealed class Restored(Thinker thinker) : IDisposable
    {
        public void Dispose()
        {
            foreach (RouteRecorder recorder in thinker.Recorders)
            {
                recorder.Intervention = null;
            }
        }
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable file in files)
        {
            file.Dispose();
        }
    }
}

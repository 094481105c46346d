using CrabStudio.Model.Audio;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Vision;
using static TorchSharp.torch;

namespace CrabStudio.Model.Processing;

/// <summary>Decoded media and words → what the network takes: tokens, positions, patches and mel features.</summary>
public sealed class InputBuilder : IDisposable
{
    private readonly Func<string, IReadOnlyList<int>> encode;
    private readonly ThinkerConfig thinker;
    private readonly PreprocessorConfig preprocessor;
    private readonly MelSpectrogram mel;
    private readonly ImagePatches patches;

    /// <summary>Prepares the transforms.</summary>
    /// <param name="encode">The tokenizer: text with special tokens → ids.</param>
    /// <param name="thinker">The model's configuration.</param>
    /// <param name="preprocessor">The features' configuration.</param>
    /// <exception cref="ModelException">The two configurations do not fit each other.</exception>
    public InputBuilder(Func<string, IReadOnlyList<int>> encode, ThinkerConfig thinker, PreprocessorConfig preprocessor)
    {
        (this.encode, this.thinker, this.preprocessor) = (encode, thinker, preprocessor);
        Agree("patch_size", preprocessor.PatchSize, thinker.Vision.PatchSize);
        Agree("temporal_patch_size", preprocessor.TemporalPatchSize, thinker.Vision.TemporalPatchSize);
        Agree("merge_size", preprocessor.MergeSize, thinker.Vision.MergeSize);
        Agree("feature_size", preprocessor.MelBins, thinker.Audio.MelBins);
        Agree("colour channels", 3, thinker.Vision.Channels);
        mel = new MelSpectrogram(preprocessor);
        patches = new ImagePatches(preprocessor);
    }

    /// <summary>The tokens of a prompt and what they stand for. Touches no tensor: it may run on any thread, beside the model's.</summary>
    /// <param name="prepared">The conversation with its media decoded.</param>
    /// <param name="answer">Text that follows the prompt, special tokens included.</param>
    /// <exception cref="ModelException">The prompt is longer than the model's context, or a picture has a size that gives no whole patches.</exception>
    public (long[] Ids, PromptSpan[] Spans) Plan(PreparedConversation prepared, string answer = "")
    {
        VisionGrid[] videos = [.. prepared.Videos.Select(video => patches.Grid(video.Frames.Count, video.Frames.Height, video.Frames.Width))];
        VisionGrid[] images = [.. prepared.Images.Select(image => patches.Grid(image.Frame.Count, image.Frame.Height, image.Frame.Width))];
        int[] sounds = [.. prepared.Sounds.Select(sound => AudioTower.Tokens(mel.Frames(sound.Samples.Length)))];
        if (sounds.Any(tokens => tokens == 0))
        {
            throw new ModelException($"A sound has {prepared.Sounds.Min(sound => sound.Samples.Length)} samples; expected at least {3 * preprocessor.HopLength}, one audio token. Use a longer sound.");
        }

        (long[] ids, PromptSpan[] spans) = PromptBuilder.Expand(encode(PromptBuilder.Text(prepared.Conversation) + answer), thinker, videos, images, sounds);
        if (ids.Length >= thinker.Text.MaxPositions)
        {
            throw new ModelException($"The prompt has {ids.Length} tokens; the model reads at most {thinker.Text.MaxPositions - 1}. Use a shorter sound, fewer frames or fewer words.");
        }

        return (ids, spans);
    }

    /// <summary>Computes everything. Runs on the model's thread; the tensors of the result belong to no dispose scope.</summary>
    /// <param name="prepared">The conversation with its media decoded.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <param name="cancellation">Looked at between items.</param>
    /// <param name="answer">Text that follows the prompt, special tokens included, for training; empty when the model is to say it.</param>
    /// <exception cref="ModelException">The prompt is longer than the model's context, or a picture has a size that gives no whole patches.</exception>
    public ModelInput Build(PreparedConversation prepared, Action<double>? progress = null, CancellationToken cancellation = default, string answer = "")
    {
        (long[] ids, PromptSpan[] spans) = Plan(prepared, answer);
        int stages = prepared.Sounds.Count + 2, done = 0;
        void Next()
        {
            progress?.Invoke(++done / (double)stages);
            cancellation.ThrowIfCancellationRequested();
        }

        var mels = new List<Tensor>();
        VisionInput? video = null, image = null;
        try
        {
            foreach (HeardSound sound in prepared.Sounds)
            {
                mels.Add(mel.Forward(sound.Samples));
                Next();
            }

            video = prepared.Videos.Count == 0 ? null : patches.Forward([.. prepared.Videos.Select(item => item.Frames)]);
            Next();
            image = prepared.Images.Count == 0 ? null : patches.Forward([.. prepared.Images.Select(item => item.Frame)]);
            Next();
            (Tensor positions, long delta) = MultimodalPositions.Compute(spans, thinker.PositionsPerSecond, preprocessor.TemporalPatchSize);
            return new ModelInput { InputIds = ids, PositionIds = positions, RopeDelta = delta, Spans = spans, Images = image, Videos = video, Sounds = mels };
        }
        catch
        {
            mels.ForEach(tensor => tensor.Dispose());
            video?.Patches.Dispose();
            image?.Patches.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => mel.Dispose();

    private static void Agree(string what, int features, int model)
    {
        if (features != model)
        {
            throw new ModelException($"preprocessor_config.json: {what} is {features}; expected {model} as in config.json. Take both files from one model folder.");
        }
    }
}

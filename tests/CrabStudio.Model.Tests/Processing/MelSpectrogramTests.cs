using CrabStudio.Model.Configuration;
using CrabStudio.Model.Processing;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Processing;

public sealed class MelSpectrogramTests
{
    private static readonly PreprocessorConfig Whisper = PreprocessorConfig.Load(Golden.Find("tiny"));

    [Theory]
    [InlineData(1)]
    [InlineData(199)]
    [InlineData(1600)]
    [InlineData(16001)]
    [InlineData(31200)]
    [InlineData(31999)]
    [InlineData(32000)]
    public void LeavingOutTheSilentTailChangesNothing(int length)
    {
        using DisposeScope scope = NewDisposeScope();
        // Two seconds at most, so that the ends of the sound and of the padding come near each other too.
        using var mel = new MelSpectrogram(Whisper with { MaxSamples = 32000 });
        float[] sound = Noise(length), padded = [.. sound, .. new float[32000 - length]];
        Tensor all = mel.Forward(padded), some = mel.Forward(sound);
        Assert.Equal((length + 159) / 160, some.shape[1]);
        Assert.Equal(some.shape[1], mel.Frames(length));
        Worst.Check("silent tail", $"{length} samples", all.narrow(1, 0, some.shape[1]).contiguous().data<float>().ToArray(), some.data<float>().ToArray(), 1e-6);
    }

    [Fact]
    public void ASoundBeyondTheLongestIsCutThere()
    {
        using DisposeScope scope = NewDisposeScope();
        using var mel = new MelSpectrogram(Whisper with { MaxSamples = 16000 });
        float[] sound = Noise(40000);
        Assert.Equal(100, mel.Frames(sound.Length));
        Assert.Equal(mel.Forward(sound[..16000]).data<float>().ToArray(), mel.Forward(sound).data<float>().ToArray());
    }

    [Fact]
    public void SilenceIsTheFloorEverywhere()
    {
        using var mel = new MelSpectrogram(Whisper);
        using Tensor silence = mel.Forward(new float[16000]);
        Assert.All(silence.data<float>().ToArray(), value => Assert.Equal(-1.5f, value, 1e-6f));
    }

    [Fact]
    public void ATransformLongerThanTheLongestSoundIsRefused()
    {
        ModelException fault = Assert.Throws<ModelException>(() => new MelSpectrogram(Whisper with { MaxSamples = 300 }));
        Assert.Equal("preprocessor_config.json: n_samples is 300; expected more than n_fft, 400", fault.Message);
    }

    private static float[] Noise(int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }
}

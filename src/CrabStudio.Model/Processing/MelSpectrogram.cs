using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Processing;

/// <summary>
/// Whisper's log-mel features: power spectrum of Hann windows, Slaney mel filters from 0 to 8000 Hz, log10, everything more
/// than 8 below the maximum raised to there, then (x + 4) / 4.
/// </summary>
public sealed class MelSpectrogram : IDisposable
{
    private const double HighestHertz = 8000, FloorPower = 1e-10, DynamicRange = 8;

    private readonly PreprocessorConfig config;
    private readonly Tensor window;
    private readonly Tensor filters;

    /// <summary>Makes the window and the filters.</summary>
    /// <exception cref="ModelException">The transform does not fit into the longest sound.</exception>
    public MelSpectrogram(PreprocessorConfig config)
    {
        if (config.MaxSamples <= config.FftSize)
        {
            throw new ModelException($"preprocessor_config.json: n_samples is {config.MaxSamples}; expected more than n_fft, {config.FftSize}");
        }

        this.config = config;
        window = hann_window(config.FftSize).DetachFromDisposeScope();
        filters = tensor(SlaneyFilters((config.FftSize / 2) + 1, config.MelBins, config.SampleRate)).view(config.MelBins, -1).DetachFromDisposeScope();
    }

    /// <summary>Mel frames of a sound of so many samples: one for every hop whose first sample lies inside the sound.</summary>
    public int Frames(int samples) => (Math.Min(samples, config.MaxSamples) + config.HopLength - 1) / config.HopLength;

    /// <summary>Mono samples → [bins, frames], float32, in no dispose scope. What lies beyond n_samples is cut off, as the original does.</summary>
    public Tensor Forward(float[] samples)
    {
        ArgumentOutOfRangeException.ThrowIfZero(samples.Length);
        using DisposeScope scope = NewDisposeScope();
        int length = Math.Min(samples.Length, config.MaxSamples), frames = Frames(length);
        // The original pads with zeros to n_samples (300 s) and transforms all of it. A window of zeros gives the floor in
        // every bin, which can be the maximum only where the whole sound is silent: so it is enough to go on until a
        // window has left the sound. Windows are centred and the edges mirrored; the mirror at the end must lie in zeros
        // too, unless the sound itself reaches it.
        int padded = (int)Math.Min(config.MaxSamples, (long)length + (2 * config.FftSize) + config.HopLength);
        var signal = new float[padded];
        Array.Copy(samples, signal, length);
        Tensor spectrum = stft(tensor(signal), config.FftSize, config.HopLength, window: window, center: true, pad_mode: PaddingModes.Reflect, return_complex: true);
        // The last window of the padded signal is dropped. Where padding was cut short that is a window of zeros.
        Tensor loudness = spectrum.narrow(1, 0, spectrum.shape[1] - 1).abs();
        using Scalar floor = FloorPower.ToScalar();
        Tensor log = mm(filters, loudness * loudness).clamp(min: floor).log10();
        log = maximum(log, log.max().Plus(-DynamicRange));
        return log.narrow(1, 0, frames).Plus(4).Over(4).contiguous().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        window.Dispose();
        filters.Dispose();
    }

    /// <summary>Triangular filters of equal area on Slaney's mel scale, [bins, frequencies] row by row.</summary>
    private static float[] SlaneyFilters(int frequencies, int bins, int sampleRate)
    {
        double highest = Mel(HighestHertz);
        double[] corners = [.. Enumerable.Range(0, bins + 2).Select(i => Hertz(highest * i / (bins + 1)))];
        var filters = new float[bins * frequencies];
        for (int bin = 0; bin < bins; bin++)
        {
            (double low, double middle, double high) = (corners[bin], corners[bin + 1], corners[bin + 2]);
            for (int i = 0; i < frequencies; i++)
            {
                double hertz = sampleRate / 2 * (i / (double)(frequencies - 1));
                double height = Math.Max(0, Math.Min((hertz - low) / (middle - low), (high - hertz) / (high - middle)));
                filters[(bin * frequencies) + i] = (float)(height * 2 / (high - low));
            }
        }

        return filters;
    }

    // Slaney's scale: linear to 1000 Hz (15 mel), 27 mel for each factor of 6.4 above.
    private static double Mel(double hertz) => hertz < 1000 ? hertz * 3 / 200 : 15 + (Math.Log(hertz / 1000) * 27 / Math.Log(6.4));

    private static double Hertz(double mel) => mel < 15 ? mel * 200 / 3 : 1000 * Math.Exp(Math.Log(6.4) / 27 * (mel - 15));
}

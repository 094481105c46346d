namespace CrabStudio.Model.Configuration;

/// <summary>How media become features: <c>preprocessor_config.json</c>.</summary>
/// <param name="SampleRate">Samples a second of the sound (16000).</param>
/// <param name="FftSize">n_fft, in samples.</param>
/// <param name="HopLength">Samples between mel frames.</param>
/// <param name="MelBins">Mel bins.</param>
/// <param name="MaxSamples">n_samples: the length to which the signal is padded before the transform.</param>
/// <param name="ImageMean">Mean of R, G, B in 0 to 1.</param>
/// <param name="ImageStd">Standard deviation of R, G, B.</param>
/// <param name="PatchSize">Side of a patch in pixels.</param>
/// <param name="TemporalPatchSize">Frames in a patch.</param>
/// <param name="MergeSize">Patches a side that are merged.</param>
public sealed record PreprocessorConfig(
    int SampleRate, int FftSize, int HopLength, int MelBins, int MaxSamples,
    IReadOnlyList<double> ImageMean, IReadOnlyList<double> ImageStd, int PatchSize, int TemporalPatchSize, int MergeSize)
{
    /// <summary>Reads the file of a model folder.</summary>
    public static PreprocessorConfig Load(string folderOrFile)
    {
        JsonFile json = JsonFile.Read(Directory.Exists(folderOrFile) ? System.IO.Path.Combine(folderOrFile, "preprocessor_config.json") : folderOrFile);
        double[] mean = json.Numbers("image_mean"), std = json.Numbers("image_std");
        if (mean.Length != 3 || std.Length != 3 || std.Any(value => value <= 0))
        {
            throw json.Wrong("image_std", $"[{string.Join(", ", std)}]", "three positive numbers, and three in image_mean");
        }

        return new PreprocessorConfig(
            json.Int("sampling_rate", 1, 1 << 20, 16000), json.Int("n_fft", 2, 1 << 16), json.Int("hop_length", 1, 1 << 16), json.Int("feature_size", 1, 1024),
            json.Int("n_samples", 1, 1 << 30), mean, std, json.Int("patch_size", 1, 1024), json.Int("temporal_patch_size", 1, 64), json.Int("merge_size", 1, 64));
    }
}

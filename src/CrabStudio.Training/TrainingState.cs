using CrabStudio.Model.Checkpoints;
using static TorchSharp.torch;

namespace CrabStudio.Training;

/// <summary>
/// The checkpoint that a run goes on from: one file, so that it is whole or not there. Beside the tensors and what the
/// optimizer knows of them it holds the step; order of data and random numbers follow from step and seed.
/// </summary>
internal static class TrainingState
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "training-state.safetensors";

    /// <summary>Writes it.</summary>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void Write(string folder, int step, IReadOnlyList<TrainedTensor> tensors)
    {
        var plain = new Dictionary<string, PlainTensor> { ["step"] = new([1], Longs: [step]), ["updates"] = new([tensors.Count], Longs: [.. tensors.Select(tensor => tensor.Updates)]) };
        foreach (TrainedTensor tensor in tensors)
        {
            foreach ((string part, Tensor values) in Parts(tensor))
            {
                using Tensor here = values.cpu();
                plain[$"{tensor.Name}.{part}"] = new PlainTensor(here.shape, here.data<float>().ToArray());
            }
        }

        DurableFile.Write(Path.Combine(folder, FileName), stream => SafetensorsWriter.Write(stream, plain));
    }

    /// <summary>Takes everything back, if there is a checkpoint.</summary>
    /// <returns>The step it was written after; 0 without one.</returns>
    public static int Read(string folder, IReadOnlyList<TrainedTensor> tensors)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return 0;
        }

        using var file = new SafetensorsFile(path);
        string[] names = ["step", "updates", .. tensors.SelectMany(tensor => Parts(tensor).Select(part => $"{tensor.Name}.{part.Name}"))];
        if (!file.Entries.Keys.ToHashSet().SetEquals(names)
            || tensors.Any(tensor => Parts(tensor).Any(part => !file.Entries[$"{tensor.Name}.{part.Name}"].Shape.SequenceEqual(part.Values.shape))))
        {
            throw new TrainingException($"{path}: found the checkpoint of another adapter; give another --out, or remove the folder to begin anew.");
        }

        using IDisposable noGradients = no_grad();
        using Tensor updates = file.Read("updates", map: false), step = file.Read("step", map: false);
        for (int i = 0; i < tensors.Count; i++)
        {
            tensors[i].Updates = updates[i].item<long>();
            foreach ((string part, Tensor values) in Parts(tensors[i]))
            {
                using Tensor stored = file.Read($"{tensors[i].Name}.{part}", map: false);
                values.copy_(stored);
            }

            tensors[i].Publish();
        }

        return (int)step[0].item<long>();
    }

    private static (string Name, Tensor Values)[] Parts(TrainedTensor tensor) => [("value", tensor.Value), ("mean", tensor.Mean), ("square", tensor.Square)];
}

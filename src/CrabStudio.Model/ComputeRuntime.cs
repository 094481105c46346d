using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model;

/// <summary>Where and how the network computes. All choices of device, type and threads are made here.</summary>
/// <param name="Device">Where weights and activations live.</param>
/// <param name="DType">Type of weights and activations.</param>
public sealed record ComputeRuntime(Device Device, ScalarType DType)
{
    private const long LargeModel = 1_000_000_000;

    /// <summary>fp32 or bf16.</summary>
    public string PrecisionName => DType == ScalarType.BFloat16 ? "bf16" : "fp32";

    /// <summary>cpu or cuda.</summary>
    public string DeviceName => Device.type == DeviceType.CUDA ? "cuda" : "cpu";

    /// <summary>Chooses for a model.</summary>
    /// <param name="options">What the user asked for.</param>
    /// <param name="parameters">Number of parameters of the base.</param>
    /// <exception cref="ModelException">The device is not there, or a word is not known.</exception>
    public static ComputeRuntime Choose(ModelOptions options, long parameters)
    {
        bool cuda = options.Device switch
        {
            "cpu" => false,
            "auto" => torch.cuda.is_available(),
            "cuda" => torch.cuda.is_available() ? true : throw new ModelException(
                "--device cuda: found no CUDA device; expected one and a build with -p:TorchBackend=cuda. Use --device cpu, or see “GPU” in the README."),
            _ => throw new ModelException($"--device: found “{options.Device}”; expected auto, cpu or cuda."),
        };
        ScalarType dtype = options.Precision switch
        {
            "fp32" => ScalarType.Float32,
            "bf16" => ScalarType.BFloat16,
            // float32 of a large model is twice its download in memory.
            "auto" => cuda || parameters > LargeModel ? ScalarType.BFloat16 : ScalarType.Float32,
            _ => throw new ModelException($"--precision: found “{options.Precision}”; expected auto, fp32 or bf16."),
        };
        if (cuda)
        {
            // The reference numbers are those of full float32 products.
            torch.backends.cuda.matmul.allow_tf32 = false;
            torch.backends.cudnn.allow_tf32 = false;
        }

        return new ComputeRuntime(cuda ? CUDA : CPU, dtype);
    }
}

using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Tests.Processing;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Lora;

/// <summary>One adapted linear against vectors/units/ilora-linear, and the laws of the equation.</summary>
public sealed class ILoraLinearTests
{
    // Of the vectors: rank 16, alpha 32.
    private const double Alpha = 32;

    private static readonly Vectors Reference = Vectors.Load("vectors/units/ilora-linear.safetensors");

    [Fact]
    public void OutputAndGateEqualTheReferenceInFloat32()
    {
        (float[] y, RouteMatrix routes) = Run("f32", ScalarType.Float32, Alpha);
        Worst.Check("I-LoRA output, fp32", "unit", Reference.Floats("f32.y"), y, 1e-5);
        Worst.Check("I-LoRA gate, fp32", "unit", Reference.Floats("f32.gate"), routes.Weights, 1e-6);
    }

    [Fact]
    public void OutputAndGateEqualTheReferenceInBFloat16UpToItsRounding()
    {
        (float[] y, RouteMatrix routes) = Run("bf16", ScalarType.BFloat16, Alpha);
        // The original rounds after each expert, this after their sum: some units in the last of 8 bits.
        float[] expected = Reference.Floats("bf16.y");
        double largest = expected.Max(MathF.Abs);
        Worst.Check("I-LoRA output, bf16", "unit", expected, y, 2 * largest / 256);
        Worst.Check("I-LoRA gate, bf16", "unit", Reference.Floats("bf16.gate"), routes.Weights, 1.0 / 256);
    }

    [Fact]
    public void GatesAreSharesOfOneForEveryTokenAndDifferBetweenTokens()
    {
        (_, RouteMatrix routes) = Run("f32", ScalarType.Float32, Alpha);
        for (int position = 0; position < routes.Positions; position++)
        {
            Assert.Equal(1, Enumerable.Range(0, routes.Experts).Sum(expert => routes[0, position, expert]), 1e-5);
        }

        Assert.True(Enumerable.Range(0, routes.Positions).Select(position => routes[0, position, 0]).Distinct().Count() > 1);
    }

    [Fact]
    public void WithAlphaZeroOnlyTheFrozenLayerSpeaks()
    {
        (float[] y, _) = Run("f32", ScalarType.Float32, 0);
        using DisposeScope scope = NewDisposeScope();
        Tensor frozen = nn.functional.linear(Load("f32.x", ScalarType.Float32), Load("f32.weight", ScalarType.Float32), Load("f32.bias", ScalarType.Float32));
        Assert.Equal(frozen.data<float>().ToArray(), y);
        Assert.NotEqual(Reference.Floats("f32.y"), y);
    }

    /// <summary>Runs the linear of the vectors.</summary>
    /// <param name="kind">f32 or bf16.</param>
    /// <param name="dtype">What it computes in.</param>
    /// <param name="alpha">alpha.</param>
    /// <param name="intervention">How it is altered.</param>
    /// <param name="make">Makes another adapter of that of the vectors.</param>
    internal static (float[] Output, RouteMatrix Routes) Run(string kind, ScalarType dtype, double alpha, RouterIntervention? intervention = null, Action<Dictionary<string, Tensor>>? make = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using var weights = new MemoryArchive(Named(kind, dtype, "weight", "bias"));
        Dictionary<string, Tensor> tensors = Named(kind, dtype, "lora_route.weight", "lora_A.weight", "lora_B0.weight", "lora_B1.weight", "lora_B2.weight");
        make?.Invoke(tensors);
        using var adapter = new MemoryArchive(tensors);
        var loader = new WeightLoader(weights, adapter, alpha, dtype, CPU);
        var routes = new RouteRecorder();
        long[] shape = Reference.Shape($"{kind}.weight");
        var linear = new ILoraLinear(loader.Root.At("q_proj"), shape[1], shape[0], true, routes);
        loader.ThrowIfIncomplete("vectors", "adapter");
        routes.Intervention = intervention;
        Tensor x = Load($"{kind}.x", dtype).flatten(0, 1);
        return (linear.Forward(x).to(ScalarType.Float32).data<float>().ToArray(), routes.Take()!);
    }

    private static Dictionary<string, Tensor> Named(string kind, ScalarType dtype, params string[] names) =>
        names.ToDictionary(name => $"q_proj.{name}", name => Load($"{kind}.{name}", dtype));

    private static Tensor Load(string name, ScalarType dtype) => tensor(Reference.Floats(name), Reference.Shape(name)).to(dtype);

    /// <summary>Tensors that never were a file.</summary>
    private sealed class MemoryArchive(Dictionary<string, Tensor> tensors) : TensorArchive
    {
        public override IReadOnlyDictionary<string, TensorEntry> Entries { get; } =
            tensors.ToDictionary(item => item.Key, item => new TensorEntry(item.Key, item.Value.dtype == ScalarType.BFloat16 ? "BF16" : "F32", item.Value.shape));

        public override Tensor Read(string name, bool map = true) => tensors[name].clone().DetachFromDisposeScope();

        internal override long BytesOf(string name) => tensors[name].bytes.Length;

        internal override double Sum(string name) => tensors[name].sum().item<double>();

        public override void Dispose()
        {
        }
    }
}

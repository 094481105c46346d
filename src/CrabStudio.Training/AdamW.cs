using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training;

/// <summary>One trained tensor with what the optimizer knows of it, all in float32.</summary>
internal sealed class TrainedTensor : IDisposable
{
    private readonly Tensor working;

    /// <summary>Asks the network's tensor for gradients.</summary>
    public TrainedTensor(string name, Tensor working)
    {
        Name = name;
        this.working = working;
        working.requires_grad = true;
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Value = working.detach().to(ScalarType.Float32).DetachFromDisposeScope();
        Gradient = zeros_like(Value).DetachFromDisposeScope();
        Mean = zeros_like(Value).DetachFromDisposeScope();
        Square = zeros_like(Value).DetachFromDisposeScope();
    }

    /// <summary>Its name in checkpoints.</summary>
    public string Name { get; }

    /// <summary>The tensor itself; where the network computes in float32, the very one that the network uses.</summary>
    public Tensor Value { get; }

    /// <summary>Gradient of the step so far.</summary>
    public Tensor Gradient { get; }

    /// <summary>Decaying mean of gradients.</summary>
    public Tensor Mean { get; }

    /// <summary>Decaying mean of squared gradients.</summary>
    public Tensor Square { get; }

    /// <summary>Updates so far.</summary>
    public long Updates { get; set; }

    /// <summary>Whether a sample of this step reached it.</summary>
    public bool Reached { get; private set; }

    /// <summary>Forgets the gradient.</summary>
    public void Clear()
    {
        Gradient.zero_();
        Reached = false;
    }

    /// <summary>Takes the gradient of a backward pass over from the network, so that a step's sum is in float32.</summary>
    public void Collect()
    {
        using Tensor? gradient = working.grad;
        if (gradient is not null)
        {
            Gradient.Gather(gradient);
            Reached = true;
            working.grad = null;
        }
    }

    /// <summary>Gives the value to the network where that computes in another type.</summary>
    public void Publish()
    {
        if (working.dtype != ScalarType.Float32)
        {
            working.copy_(Value);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        working.requires_grad = false;
        Value.Dispose();
        Gradient.Dispose();
        Mean.Dispose();
        Square.Dispose();
    }
}

/// <summary>AdamW as in PyTorch, with the norm of all gradients bounded before.</summary>
internal sealed class AdamW(IReadOnlyList<TrainedTensor> tensors, TrainingOptions options)
{
    /// <summary>Norm of all gradients together.</summary>
    public double GradientNorm() => NormOf(tensors);

    /// <summary>Norm of the gradients of some tensors together.</summary>
    public static double NormOf(IEnumerable<TrainedTensor> tensors)
    {
        using DisposeScope scope = NewDisposeScope();
        return stack(tensors.Select(tensor => tensor.Gradient.norm()).ToArray()).norm().item<float>();
    }

    /// <summary>One update. A tensor that no sample reached stays as it is, as in PyTorch.</summary>
    /// <param name="rate">Learning rate.</param>
    /// <param name="norm">What <see cref="GradientNorm"/> said.</param>
    public void Step(double rate, double norm)
    {
        // clip_grad_norm_ of PyTorch.
        double shorten = Math.Min(1, options.MaxGradientNorm / (norm + 1e-6));
        foreach (TrainedTensor tensor in tensors.Where(tensor => tensor.Reached))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor gradient = tensor.Gradient.Times(shorten);
            tensor.Updates++;
            double meanBias = 1 - Math.Pow(options.Beta1, tensor.Updates), squareBias = 1 - Math.Pow(options.Beta2, tensor.Updates);
            using Scalar kept = (1 - (rate * options.WeightDecay)).ToScalar(), beta2 = options.Beta2.ToScalar(), newSquare = (1 - options.Beta2).ToScalar();
            using Scalar move = (-rate / meanBias).ToScalar();
            tensor.Value.mul_(kept);
            tensor.Mean.lerp_(gradient, 1 - options.Beta1);
            tensor.Square.mul_(beta2).addcmul_(gradient, gradient, newSquare);
            Tensor spread = tensor.Square.sqrt().Over(Math.Sqrt(squareBias)).Plus(options.Epsilon);
            tensor.Value.addcdiv_(tensor.Mean, spread, move);
            tensor.Publish();
        }
    }
}

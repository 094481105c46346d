using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Layers;

/// <summary>
/// Sums, and arithmetic with numbers. TorchSharp's own operators turn a number (and the hidden factor 1 of a sum) into a Scalar
/// that nobody holds: the garbage collector may free it while libtorch reads it, and then the result is wrong or an assertion
/// fails. Here every Scalar lives until libtorch has returned. Results are those of the operators, bit for bit.
/// </summary>
public static class TensorArithmetic
{
    private static readonly Scalar One = 1.0.ToScalar();

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, double number)
    {
        using Scalar scalar = number.ToScalar();
        return x.add(scalar, One);
    }

    /// <summary>Adds y to x, in its place.</summary>
    /// <returns>The same tensor.</returns>
    public static Tensor Gather(this Tensor x, Tensor y) => x.add_(y, One);

    /// <summary>x · number.</summary>
    public static Tensor Times(this Tensor x, double number)
    {
        using Scalar scalar = number.ToScalar();
        return x.mul(scalar);
    }

    /// <summary>x ÷ number.</summary>
    public static Tensor Over(this Tensor x, double number)
    {
        using Scalar scalar = number.ToScalar();
        return x.div(scalar);
    }

    /// <summary>Writes a number into every element.</summary>
    /// <returns>The same tensor.</returns>
    public static Tensor Fill(this Tensor x, double number)
    {
        using Scalar scalar = number.ToScalar();
        return x.fill_(scalar);
    }
}

using System.Reflection;

namespace CrabStudio.Testing;

/// <summary>
/// Numbers that TorchSharp turns into a Scalar on its way. Such a Scalar belongs to nobody: the garbage collector may free it
/// while libtorch reads it, which gives a wrong number or an assertion that fails, once in millions of calls.
/// </summary>
public static class LooseScalars
{
    private const string TensorName = "TorchSharp.torch+Tensor", ScalarName = "TorchSharp.Scalar";

    private static readonly Type[] Numbers = [typeof(int), typeof(long), typeof(float), typeof(double), typeof(int?), typeof(long?), typeof(float?), typeof(double?)];

    /// <summary>Where the code of an assembly makes some: none should.</summary>
    public static IReadOnlyList<string> In(Assembly assembly) =>
    [
        .. from call in CalledMethods.Of(assembly)
           let parameters = call.Called.GetParameters().Select(parameter => parameter.ParameterType).ToArray()
           where Makes(call.Called.DeclaringType?.FullName, call.Called.Name, parameters)
           select $"{call.Caller.DeclaringType}.{call.Caller.Name} calls {call.Called.Name}({string.Join(", ", parameters.Select(parameter => parameter.Name))})",
    ];

    // By conversion, by an operator, or inside although no Scalar is in the signature (as the code of TorchSharp 0.107 shows).
    private static bool Makes(string? owner, string name, Type[] parameters) => owner switch
    {
        ScalarName => name == "op_Implicit",
        TensorName => name switch
        {
            "op_Addition" or "square" or "square_" or "celu" or "celu_" or "elu" or "elu_" or "softplus" or "tolist" => true,
            // A tensor of one number is held like any other; of a Scalar there is none.
            "op_Implicit" => parameters is [{ FullName: ScalarName }],
            "add" or "add_" => parameters.Length == 1,
            "addcdiv" or "addcdiv_" => parameters.Length == 2,
            _ => name.StartsWith("op_", StringComparison.Ordinal) && parameters.Any(Numbers.Contains),
        },
        "TorchSharp.torch" => name == "arange" && parameters.Count(parameter => parameter.FullName == ScalarName) < 3,
        "TorchSharp.TensorExtensionMethods" => name.StartsWith("To", StringComparison.Ordinal) && parameters is [{ FullName: TensorName }],
        "TorchSharp.torch+nn+functional" => name is "celu" or "hardshrink" or "hardtanh" or "leaky_relu" or "softshrink" or "threshold",
        "TorchSharp.torch+linalg" => name is "matrix_norm" or "vector_norm",
        _ => false,
    };
}

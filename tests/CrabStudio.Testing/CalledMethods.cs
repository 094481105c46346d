using System.Reflection;
using System.Reflection.Emit;

namespace CrabStudio.Testing;

/// <summary>Which methods the compiled code of an assembly calls.</summary>
public static class CalledMethods
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes =
        typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Callers and what they call, in the order of the code.</summary>
    public static IEnumerable<(MethodBase Caller, MethodBase Called)> Of(Assembly assembly) =>
        from type in assembly.GetTypes()
        from caller in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All))
        from called in Of(caller)
        select (caller, called);

    private static IEnumerable<MethodBase> Of(MethodBase caller)
    {
        byte[] code = caller.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type[] ofType = caller.DeclaringType!.GetGenericArguments(), ofMethod = caller.IsGenericMethod ? caller.GetGenericArguments() : [];
        for (int at = 0; at < code.Length;)
        {
            // Codes of two bytes begin with 0xFE.
            OpCode one = code[at] == 0xFE ? Codes[unchecked((short)((0xFE << 8) | code[at + 1]))] : Codes[code[at]];
            at += one.Size;
            if (one.OperandType == OperandType.InlineMethod)
            {
                yield return caller.Module.ResolveMethod(BitConverter.ToInt32(code, at), ofType, ofMethod)!;
            }

            at += one.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}

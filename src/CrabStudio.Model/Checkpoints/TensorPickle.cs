using System.Buffers.Binary;
using System.Collections;
using System.Numerics;
using System.Text;
using CrabStudio.Model.Configuration;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// Reads the pickle of a dictionary of tensors. A pickle is a program for a stack machine; this one knows only the
/// opcodes that build dictionaries, tuples, numbers and texts, and only the names of the list below. Everything else
/// is refused before anything is done with it, whether it would be called or not.
/// </summary>
internal sealed class TensorPickle
{
    private const int MaxStack = 1 << 20, MaxDepth = 64;

    private static readonly Dictionary<string, ScalarType> Storages = new(StringComparer.Ordinal)
    {
        ["torch FloatStorage"] = ScalarType.Float32,
        ["torch HalfStorage"] = ScalarType.Float16,
        ["torch BFloat16Storage"] = ScalarType.BFloat16,
    };

    private readonly byte[] bytes;
    private readonly string file;
    private readonly List<object?> stack = [];
    private readonly Dictionary<long, object?> memo = [];
    private int at;

    private TensorPickle(byte[] bytes, string file)
    {
        this.bytes = bytes;
        this.file = file;
    }

    /// <summary>The tensors by name, in order.</summary>
    public static IReadOnlyList<KeyValuePair<string, PickledTensor>> Read(byte[] pickle, string file) => new TensorPickle(pickle, file).Run();

    private IReadOnlyList<KeyValuePair<string, PickledTensor>> Run()
    {
        while (true)
        {
            byte opcode = Byte();
            switch (opcode)
            {
                case 0x80: // PROTO
                    if (Byte() is var version && version is < 2 or > 5)
                    {
                        throw Wrong($"pickle protocol {version}", "2 to 5");
                    }

                    break;
                case (byte)'c': // GLOBAL
                    Push(Global(Line() + " " + Line()));
                    break;
                case (byte)'q': // BINPUT
                    Remember(Byte());
                    break;
                case (byte)'r': // LONG_BINPUT
                    Remember(UInt32());
                    break;
                case (byte)'h': // BINGET
                    Push(Remembered(Byte()));
                    break;
                case (byte)'j': // LONG_BINGET
                    Push(Remembered(UInt32()));
                    break;
                case (byte)'(':
                    Push(Mark.Instance);
                    break;
                case (byte)'t':
                    Push(PopToMark().ToArray());
                    break;
                case 0x85:
                    Push(PopMany(1));
                    break;
                case 0x86:
                    Push(PopMany(2));
                    break;
                case 0x87:
                    Push(PopMany(3));
                    break;
                case (byte)')':
                    Push(Array.Empty<object?>());
                    break;
                case (byte)']':
                    Push(new List<object?>());
                    break;
                case (byte)'}':
                    Push(new Table());
                    break;
                case (byte)'X': // BINUNICODE
                    Push(Text(UInt32()));
                    break;
                case (byte)'J':
                    Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                    break;
                case (byte)'K':
                    Push((long)Byte());
                    break;
                case (byte)'M':
                    Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                    break;
                case 0x8a: // LONG1
                    Push(Long(Byte()));
                    break;
                case 0x88:
                    Push(true);
                    break;
                case 0x89:
                    Push(false);
                    break;
                case (byte)'N':
                    Push(null);
                    break;
                case (byte)'G':
                    Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                    break;
                case (byte)'Q': // BINPERSID
                    Push(Storage(Pop()));
                    break;
                case (byte)'R':
                    Reduce();
                    break;
                case (byte)'b': // BUILD: the state of an OrderedDict (_metadata); read and dropped
                    object? state = Pop();
                    if (Top() is not Table || state is not Table)
                    {
                        throw Wrong("a state set on something else than a dictionary", "an OrderedDict with _metadata at most");
                    }

                    break;
                case (byte)'s':
                    object?[] pair = PopMany(2);
                    TableOnTop().Set(pair[0], pair[1], this);
                    break;
                case (byte)'u':
                    List<object?> items = PopToMark();
                    if (items.Count % 2 != 0)
                    {
                        throw Wrong("a key without a value", "pairs");
                    }

                    Table table = TableOnTop();
                    for (int i = 0; i < items.Count; i += 2)
                    {
                        table.Set(items[i], items[i + 1], this);
                    }

                    break;
                case (byte)'a':
                    object? item = Pop();
                    ListOnTop().Add(item);
                    break;
                case (byte)'e':
                    List<object?> more = PopToMark();
                    ListOnTop().AddRange(more);
                    break;
                case (byte)'.':
                    return Finish();
                default:
                    throw Wrong($"the pickle opcode 0x{opcode:x2}", "only those that a dictionary of tensors needs");
            }
        }
    }

    private IReadOnlyList<KeyValuePair<string, PickledTensor>> Finish()
    {
        if (stack.Count != 1 || stack[0] is not Table root)
        {
            throw Wrong("something else than one dictionary", "a dictionary from names to tensors");
        }

        var tensors = new List<KeyValuePair<string, PickledTensor>>();
        foreach ((object key, object? value) in root.Items)
        {
            tensors.Add(key is string name && value is PickledTensor tensor
                ? new(name, tensor)
                : throw Wrong($"an entry {(key is string text ? JsonFile.Printable(text, 80) : "whose key is no text")} that is no tensor", "names and tensors only"));
        }

        return tensors;
    }

    private object Global(string name)
    {
        if (Storages.TryGetValue(name, out ScalarType type))
        {
            return new StorageType(type);
        }

        return name switch
        {
            "collections OrderedDict" => Callable.OrderedDict,
            "torch._utils _rebuild_tensor_v2" => Callable.RebuildTensor,
            "torch._utils _rebuild_parameter" => Callable.RebuildParameter,
            _ => throw Wrong($"the name {JsonFile.Printable(name, 80)}", "tensors only; a checkpoint that wants to run code is refused"),
        };
    }

    private PickledStorage Storage(object? id)
    {
        // ('storage', type, key, location, elements)
        return id is object?[] { Length: 5 } tuple && tuple[0] is "storage" && tuple[1] is StorageType type && tuple[2] is string key && tuple[3] is string && tuple[4] is long elements
            && key.Length is > 0 and < 64 && key.All(char.IsAsciiDigit)
            ? new PickledStorage(type.Type, key, elements)
            : throw Wrong("a persistent id that names no storage", "('storage', type, key, location, length)");
    }

    private void Reduce()
    {
        object? arguments = Pop();
        object? callable = Pop();
        if (arguments is not object?[] tuple || callable is not Callable function)
        {
            throw Wrong("a call of something that is no function of tensors", "a tensor or a dictionary");
        }

        switch (function)
        {
            case Callable.OrderedDict when tuple.Length == 0:
                Push(new Table());
                break;
            case Callable.RebuildTensor when tuple.Length is 6 or 7
                && tuple[0] is PickledStorage storage && tuple[1] is long offset && Sizes(tuple[2]) is { } shape && Sizes(tuple[3]) is { } strides
                && tuple[4] is bool && tuple[5] is Table { Items.Count: 0 }:
                Push(new PickledTensor(storage.Key, storage.Type, storage.Elements, offset, shape, strides));
                break;
            case Callable.RebuildParameter when tuple.Length == 3 && tuple[0] is PickledTensor tensor && tuple[1] is bool && tuple[2] is Table { Items.Count: 0 }:
                Push(tensor);
                break;
            default:
                throw Wrong($"a call of {function} with other arguments than torch.save writes", "a tensor or a dictionary");
        }
    }

    private static long[]? Sizes(object? value) => value is object?[] tuple && tuple.Length <= 32 && tuple.All(size => size is long) ? [.. tuple.Select(size => (long)size!)] : null;

    private Table TableOnTop() => Top() as Table ?? throw Wrong("an item set on something else than a dictionary", "a dictionary");

    private List<object?> ListOnTop() => Top() as List<object?> ?? throw Wrong("an item added to something else than a list", "a list");

    private void Push(object? value)
    {
        if (stack.Count >= MaxStack)
        {
            throw Wrong("a stack of more than a million items", "a dictionary of tensors");
        }

        stack.Add(value);
    }

    private object? Top() => stack.Count > 0 ? stack[^1] : throw Wrong("a step on an empty stack", "a whole pickle");

    private object? Pop()
    {
        object? value = Top();
        if (value is Mark)
        {
            throw Wrong("a mark where a value belongs", "a whole pickle");
        }

        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopMany(int count)
    {
        object?[] values = new object?[count];
        for (int i = count - 1; i >= 0; i--)
        {
            values[i] = Pop();
        }

        return Bounded(values);
    }

    private List<object?> PopToMark()
    {
        int mark = stack.LastIndexOf(Mark.Instance);
        if (mark < 0)
        {
            throw Wrong("no mark on the stack", "a whole pickle");
        }

        List<object?> items = stack[(mark + 1)..];
        stack.RemoveRange(mark, stack.Count - mark);
        Bounded(items);
        return items;
    }

    private T Bounded<T>(T items) where T : IEnumerable
    {
        // A loop and not a recursion: a list may hold itself.
        object? inner = items;
        for (int depth = 0; inner is IList list; depth++)
        {
            if (depth > MaxDepth)
            {
                throw Wrong($"tuples nested more than {MaxDepth} deep", "a flat dictionary of tensors");
            }

            inner = list.Count == 0 ? null : list[0];
        }

        return items;
    }

    private void Remember(long index)
    {
        if (memo.Count >= MaxStack && !memo.ContainsKey(index))
        {
            throw Wrong("a memo of more than a million items", "a dictionary of tensors");
        }

        memo[index] = Top();
    }

    private object? Remembered(long index) => memo.TryGetValue(index, out object? value) ? value : throw Wrong("a reference to nothing", "a whole pickle");

    private byte Byte() => Take(1)[0];

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > bytes.Length - at)
        {
            throw Wrong("a pickle that ends too early", "a whole file. Download it again");
        }

        ReadOnlySpan<byte> span = bytes.AsSpan(at, (int)count);
        at += (int)count;
        return span;
    }

    private object Long(int count)
    {
        if (count > 16)
        {
            throw Wrong($"a number of {count} bytes", "sizes that fit 64 bits");
        }

        var number = new BigInteger(Take(count));
        return number >= long.MinValue && number <= long.MaxValue ? (long)number : throw Wrong("a number beyond 64 bits", "sizes that fit");
    }

    private string Text(long length)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(Take(length));
        }
        catch (ArgumentException)
        {
            throw Wrong("a text that is not UTF-8", "names in UTF-8");
        }
    }

    private string Line()
    {
        int end = Array.IndexOf(bytes, (byte)'\n', at);
        if (end < 0 || end - at > 256)
        {
            throw Wrong("a name without end", "a whole pickle");
        }

        string line = Encoding.Latin1.GetString(bytes, at, end - at);
        at = end + 1;
        return line;
    }

    private ModelException Wrong(string found, string expected) => new($"{file}: found {found}; expected {expected}");

    private enum Callable
    {
        OrderedDict,
        RebuildTensor,
        RebuildParameter,
    }

    private sealed record StorageType(ScalarType Type);

    private sealed record PickledStorage(ScalarType Type, string Key, long Elements);

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }

    /// <summary>A dictionary that keeps its order.</summary>
    private sealed class Table
    {
        private readonly Dictionary<object, int> places = [];

        public List<KeyValuePair<object, object?>> Items { get; } = [];

        public void Set(object? key, object? value, TensorPickle pickle)
        {
            if (key is not (string or long or bool))
            {
                throw pickle.Wrong("a key that is neither text nor number", "names and tensors");
            }

            if (places.TryGetValue(key, out int place))
            {
                Items[place] = new(key, value);
            }
            else
            {
                places.Add(key, Items.Count);
                Items.Add(new(key, value));
            }
        }
    }
}

using CrabStudio.Model.Configuration;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// Answers the requests of <see cref="WeightScope"/> from a base checkpoint and, where there is one, an adapter file, and
/// keeps account: what was asked for and is missing or misshapen, what is in the files and was not asked for.
/// </summary>
public sealed class WeightLoader
{
    // As in the authors' files; a copy saved by a wrapper may carry further ones in front.
    private static readonly string[] AdapterPrefixes = ["module.", "base_model.model.", "thinker."];

    private readonly TensorArchive? baseWeights;
    private readonly TensorArchive? adapterWeights;
    private readonly Dictionary<string, string> baseNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> adapterNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly List<string> missing = [];
    private readonly List<string> misshapen = [];
    private readonly ScalarType dtype;
    private readonly Device device;
    private readonly double? alpha;
    private readonly Action<double>? progress;
    private readonly CancellationToken cancellation;
    private readonly (int Rank, int Experts)? shapesOnly;
    private readonly bool readsNothing;
    private readonly List<TensorEntry> requestedBase = [];
    private readonly List<TensorEntry> requestedAdapter = [];
    private readonly List<AdaptedLinear> adapters = [];
    private readonly List<KeyValuePair<string, Tensor>> bases = [];
    private readonly int expected;

    /// <summary>Loads for real.</summary>
    /// <param name="baseWeights">The base; keys with or without <c>thinker.</c>; <c>talker.</c> and <c>token2wav.</c> are skipped.</param>
    /// <param name="adapter">The adapter, or null.</param>
    /// <param name="alpha">alpha of the adapter; needed when there is one.</param>
    /// <param name="dtype">Compute type.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="progress">Told the fraction of tensors loaded.</param>
    /// <param name="cancellation">Looked at for each tensor.</param>
    public WeightLoader(TensorArchive baseWeights, TensorArchive? adapter, double? alpha, ScalarType dtype, Device device, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        this.baseWeights = baseWeights;
        adapterWeights = adapter;
        this.alpha = alpha;
        this.dtype = dtype;
        this.device = device;
        this.progress = progress;
        this.cancellation = cancellation;
        foreach (string key in baseWeights.Entries.Keys)
        {
            if (!key.StartsWith("talker.", StringComparison.Ordinal) && !key.StartsWith("token2wav.", StringComparison.Ordinal))
            {
                baseNames.TryAdd(key.StartsWith("thinker.", StringComparison.Ordinal) ? key["thinker.".Length..] : key, key);
            }
        }

        foreach (string key in adapter?.Entries.Keys ?? [])
        {
            string name = key;
            while (AdapterPrefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix)
            {
                name = name[prefix.Length..];
            }

            if (!adapterNames.TryAdd(name, key))
            {
                misshapen.Add($"adapter {JsonFile.Printable(key, 160)} (the same linear twice)");
            }
        }

        expected = Math.Max(1, baseNames.Count + adapterNames.Count);
    }

    /// <summary>Loads nothing: tensors have shapes and no memory. Shows what a configuration asks for.</summary>
    /// <param name="rank">r of the adapter.</param>
    /// <param name="experts">n of the adapter.</param>
    public WeightLoader(int rank, int experts)
    {
        shapesOnly = (rank, experts);
        dtype = ScalarType.Float32;
        device = META;
        expected = 1;
    }

    /// <summary>Compares names, shapes and types with files and reads no weights: tensors have shapes and no memory.</summary>
    /// <param name="baseWeights">The base.</param>
    /// <param name="adapter">The adapter, or null.</param>
    public WeightLoader(TensorArchive baseWeights, TensorArchive? adapter)
        : this(baseWeights, adapter, 1, ScalarType.Float32, META)
    {
        readsNothing = true;
    }

    /// <summary>The scope of the whole Thinker (its children are <c>audio_tower</c>, <c>visual</c>, <c>model</c>, <c>lm_head</c>).</summary>
    public WeightScope Root => new(this, "");

    /// <summary>Parameters of the base taken so far.</summary>
    public long BaseParameters { get; private set; }

    /// <summary>Parameters of the adapter taken so far.</summary>
    public long AdapterParameters { get; private set; }

    /// <summary>r of the adapter; 0 without one.</summary>
    public int Rank { get; private set; }

    /// <summary>n of the adapter; 0 without one.</summary>
    public int Experts { get; private set; }

    /// <summary>The base tensors taken so far by their name below the Thinker, in the order of the network.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Bases => bases;

    /// <summary>The adapters taken so far, in the order of the network.</summary>
    public IReadOnlyList<AdaptedLinear> Adapters => adapters;

    /// <summary>Base tensors asked for so far, by their name below the Thinker, of a loader that loads nothing.</summary>
    public IReadOnlyList<TensorEntry> RequestedBase => requestedBase;

    /// <summary>Adapter tensors asked for so far, by their name below the Thinker, of a loader that loads nothing.</summary>
    public IReadOnlyList<TensorEntry> RequestedAdapter => requestedAdapter;

    /// <summary>Throws one error that lists every missing, surplus and misshapen tensor by name, if there is any.</summary>
    /// <param name="baseName">How to call the base in the message.</param>
    /// <param name="adapterName">How to call the adapter.</param>
    /// <exception cref="ModelException">Something does not fit.</exception>
    public void ThrowIfIncomplete(string baseName, string? adapterName)
    {
        // In the published files and used by nothing: a learned marker of the audio tower, and tables that follow from the configuration.
        bool Unused(string name) => name.EndsWith("audio_bos_eos_token.weight", StringComparison.Ordinal) || name.EndsWith("inv_freq", StringComparison.Ordinal)
            || name == "audio_tower.positional_embedding.positional_embedding" || name == "lm_head.weight";
        string[] surplus = [.. baseNames.Keys.Where(name => !used.Contains(name) && !Unused(name)), .. adapterNames.Keys.Where(name => !used.Contains("adapter " + name)).Select(name => "adapter " + name)];
        if (missing.Count + misshapen.Count + surplus.Length == 0)
        {
            return;
        }

        string names = adapterName is null ? baseName : $"{baseName} with {adapterName}";
        throw new ModelException($"{names}: the tensors do not fit the configuration. {List("missing", missing)}{List("of another shape", misshapen)}{List("not expected", surplus)}Use a base and an adapter that belong together, or download the folder again.");

        static string List(string what, IReadOnlyCollection<string> tensors) => tensors.Count == 0 ? ""
            : $"{tensors.Count} {what}: {string.Join(", ", tensors.Take(20).Select(name => JsonFile.Printable(name, 200)))}{(tensors.Count > 20 ? $" and {tensors.Count - 20} more" : "")}. ";
    }

    internal Tensor Base(string name, long[] shape)
    {
        BaseParameters += shape.Aggregate(1L, (product, size) => product * size);
        if (shapesOnly is not null)
        {
            requestedBase.Add(new TensorEntry(name, "BF16", shape));
            return Shape(shape);
        }

        if (!baseNames.TryGetValue(name, out string? key))
        {
            missing.Add(name);
            return Shape(shape);
        }

        used.Add(name);
        Tensor taken = Take(baseWeights!, key, name, shape);
        bases.Add(new(name, taken));
        return taken;
    }

    internal bool HasBase(string name) => shapesOnly is not null || baseNames.ContainsKey(name);

    internal AdapterTensors? Adapter(string path, long inFeatures, long outFeatures)
    {
        if (shapesOnly is { } sizes)
        {
            requestedAdapter.Add(new TensorEntry($"{path}.lora_route.weight", "BF16", [sizes.Experts, inFeatures]));
            requestedAdapter.Add(new TensorEntry($"{path}.lora_A.weight", "BF16", [sizes.Rank, inFeatures]));
            for (int i = 0; i < sizes.Experts; i++)
            {
                requestedAdapter.Add(new TensorEntry($"{path}.lora_B{i}.weight", "BF16", [outFeatures, sizes.Rank]));
            }

            return new AdapterTensors(Shape([sizes.Experts + sizes.Rank, inFeatures]), Shape([outFeatures, sizes.Experts * sizes.Rank]), sizes.Experts, sizes.Rank, 1);
        }

        if (adapterWeights is null)
        {
            return null;
        }

        // The first linear says what r and n are; the others must agree.
        if (Rank == 0)
        {
            Rank = adapterNames.TryGetValue($"{path}.lora_A.weight", out string? first) && adapterWeights.Entries[first].Shape is [var rank, _] ? (int)Math.Clamp(rank, 1, 1 << 16) : 1;
            Experts = adapterNames.TryGetValue($"{path}.lora_route.weight", out first) && adapterWeights.Entries[first].Shape is [var experts, _] ? (int)Math.Clamp(experts, 1, 4096) : 1;
        }

        // Plain LoRA is one expert without a router: a softmax over one is 1, whatever the row says.
        bool plain = Experts == 1 && !adapterNames.Keys.Any(name => name.EndsWith(".lora_route.weight", StringComparison.Ordinal));
        Tensor[] all = [plain ? zeros([1, inFeatures], dtype, device).DetachFromDisposeScope() : AdapterTensor($"{path}.lora_route.weight", [Experts, inFeatures]),
            AdapterTensor($"{path}.lora_A.weight", [Rank, inFeatures]),
            .. Enumerable.Range(0, Experts).Select(i => AdapterTensor($"{path}.lora_B{i}.weight", [outFeatures, Rank]))];
        AdapterParameters += ((Experts + Rank) * inFeatures) + (outFeatures * Rank * Experts);
        try
        {
            // Where one is missing no memory is spent on the others: their sizes come from a file that does not fit.
            AdapterTensors tensors = all.Any(tensor => tensor.device_type == DeviceType.META)
                ? new AdapterTensors(Shape([Experts + Rank, inFeatures]), Shape([outFeatures, Experts * Rank]), Experts, Rank, alpha!.Value / Rank)
                : new AdapterTensors(cat(all[..2], 0).DetachFromDisposeScope(), cat(all[2..], 1).DetachFromDisposeScope(), Experts, Rank, alpha!.Value / Rank);
            adapters.Add(new AdaptedLinear(path, tensors));
            return tensors;
        }
        finally
        {
            foreach (Tensor tensor in all)
            {
                tensor.Dispose();
            }
        }
    }

    private static Tensor Shape(long[] shape) => empty(shape, ScalarType.Float32, META).DetachFromDisposeScope();

    private Tensor AdapterTensor(string name, long[] shape)
    {
        if (!adapterNames.TryGetValue(name, out string? key))
        {
            missing.Add("adapter " + name);
            return Shape(shape);
        }

        used.Add("adapter " + name);
        return Take(adapterWeights!, key, "adapter " + name, shape);
    }

    private Tensor Take(TensorArchive archive, string key, string name, long[] shape)
    {
        cancellation.ThrowIfCancellationRequested();
        progress?.Invoke(Math.Min(1.0, used.Count / (double)expected));
        TensorEntry entry = archive.Entries[key];
        if (!entry.Shape.SequenceEqual(shape) || entry.DType is not ("F32" or "F16" or "BF16"))
        {
            misshapen.Add($"{name} (found {entry.DType} [{string.Join(", ", entry.Shape)}], expected [{string.Join(", ", shape)}])");
            return Shape(shape);
        }

        if (readsNothing)
        {
            return Shape(shape);
        }

        if (DTypes.Name(dtype) == entry.DType && device.type == DeviceType.CPU)
        {
            return archive.Read(key);
        }

        Tensor converted = empty(shape, dtype, device).DetachFromDisposeScope();
        archive.ReadInto(key, converted);
        return converted;
    }
}

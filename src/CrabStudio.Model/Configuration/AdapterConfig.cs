namespace CrabStudio.Model.Configuration;

/// <summary>I-LoRA's numbers beside an adapter: <c>adapter_config.json</c>.</summary>
/// <param name="Rank">r; null when the file does not say.</param>
/// <param name="Alpha">lora_alpha.</param>
/// <param name="Experts">lora_nums; null when the file does not say.</param>
/// <param name="Dropout">lora_dropout, used in training only.</param>
/// <param name="TargetModules">Endings of the names of adapted linears.</param>
public sealed record AdapterConfig(int? Rank, double Alpha, int? Experts, double Dropout, IReadOnlyList<string> TargetModules)
{
    /// <summary>Reads the file.</summary>
    public static AdapterConfig Load(string file)
    {
        JsonFile json = JsonFile.Read(file);
        double dropout = json.Number("lora_dropout", 0, 1, 0);
        if (dropout >= 1)
        {
            throw json.Wrong("lora_dropout", dropout, "a number from 0 to below 1");
        }

        return new AdapterConfig(
            json.Has("r") ? json.Int("r", 1, 1 << 16) : null, json.Number("lora_alpha", 0, 1e9),
            json.Has("lora_nums") ? json.Int("lora_nums", 1, 4096) : null, dropout,
            json.Has("target_modules") ? json.Texts("target_modules") : []);
    }

    /// <summary>Refuses numbers that differ from those of the tensors.</summary>
    /// <param name="rank">r of the tensors.</param>
    /// <param name="experts">n of the tensors; null when not known.</param>
    /// <param name="file">How to call the file in the message.</param>
    /// <exception cref="ModelException">They differ.</exception>
    public void RequireTensors(long rank, long? experts, string file)
    {
        if (Rank is { } r && r != rank)
        {
            throw new ModelException($"{file}: r is {r}; expected {rank} as in the adapter's tensors. Take both files from one training run");
        }

        if (Experts is { } n && experts is { } found && n != found)
        {
            throw new ModelException($"{file}: lora_nums is {n}; expected {found} as in the adapter's tensors. Take both files from one training run");
        }
    }
}

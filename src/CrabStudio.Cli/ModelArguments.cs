using System.CommandLine;
using System.Globalization;
using CrabStudio.Model;

namespace CrabStudio.Cli;

/// <summary>The options that choose a model, the same for every verb that runs one.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string?> model = new("--model")
    {
        HelpName = "DIR",
        Description = "Folder of a Qwen2.5-Omni checkpoint (config.json, *.safetensors, tokenizer). Without it: models/default, a small model of a made-up world.",
    };

    private readonly Option<string?> adapter = new("--adapter")
    {
        HelpName = "FILE",
        Description = "I-LoRA weights, such as finetune_weights.bin. Without it: adapter/finetune_weights.bin in the model's folder if there is one, else none.",
    };

    private readonly Option<double?> alpha = new("--alpha")
    {
        HelpName = "A",
        Description = "alpha of the adapter. Without it: lora_alpha of adapter_config.json beside the adapter.",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[^1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value >= 0)
            {
                return value;
            }

            result.AddError($"--alpha is '{result.Tokens[^1].Value}'; expected a number of 0 or more, such as 256");
            return null;
        },
    };

    private readonly Option<string> device = new("--device")
    {
        HelpName = "auto|cpu|cuda",
        Description = "Where the model runs; auto takes cuda when there is one.",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<string> precision = new("--precision")
    {
        HelpName = "auto|fp32|bf16",
        Description = "Numbers the model computes with; auto takes bf16 on cuda and for models of over a billion parameters, else fp32.",
        DefaultValueFactory = _ => "auto",
    };

    private readonly bool adapters;

    /// <summary>The options of one verb.</summary>
    /// <param name="adapters">Whether the verb runs a model with an adapter, and has --adapter.</param>
    public ModelArguments(bool adapters = true)
    {
        this.adapters = adapters;
        device.AcceptOnlyFromAmong("auto", "cpu", "cuda");
        precision.AcceptOnlyFromAmong("auto", "fp32", "bf16");
    }

    /// <summary>Gives a verb these options.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in new Option[] { model, adapter, alpha, device, precision })
        {
            if (option != adapter || adapters)
            {
                verb.Options.Add(option);
            }
        }
    }

    /// <summary>Gives a verb the folder alone: one that computes in its own way on a base.</summary>
    public void AddFolderTo(Command verb) => verb.Options.Add(model);

    /// <summary>The chosen folder as a whole path.</summary>
    /// <exception cref="CommandException">There is no such folder.</exception>
    public string ReadFolder(ParseResult parsed) => parsed.GetValue(model) is { } given ? Existing(given) : DefaultModelFolder();

    /// <summary>The chosen model, with whole paths.</summary>
    /// <exception cref="CommandException">There is no such folder or file.</exception>
    public ModelOptions Read(ParseResult parsed)
    {
        string folder = ReadFolder(parsed);
        return new ModelOptions(folder, adapters ? Adapter(parsed.GetValue(adapter), folder) : null, parsed.GetValue(alpha), parsed.GetValue(device)!, parsed.GetValue(precision)!);
    }

    private static string Existing(string folder)
    {
        if (Directory.Exists(folder))
        {
            return Path.GetFullPath(folder);
        }

        throw new CommandException(File.Exists(folder)
            ? $"--model {folder} is a file; expected the folder of a Qwen2.5-Omni checkpoint, which holds config.json. Give its folder"
            : $"--model {folder}: there is no such folder; expected the folder of a Qwen2.5-Omni checkpoint, which holds config.json. Check the path");
    }

    private static string? Adapter(string? given, string folder)
    {
        if (given is null)
        {
            string beside = Path.Combine(folder, "adapter", "finetune_weights.bin");
            return File.Exists(beside) ? beside : null;
        }

        return File.Exists(given)
            ? Path.GetFullPath(given)
            : throw new CommandException($"--adapter {given}: there is no such file; expected I-LoRA weights such as finetune_weights.bin. Check the path, or leave the option out");
    }

    /// <summary>The model of the checkout: below CRAB_HOME, which <c>./crab</c> sets, or in a folder above the program.</summary>
    private static string DefaultModelFolder()
    {
        string place = Path.Combine("models", "default");
        List<string> homes = [];
        if (Environment.GetEnvironmentVariable("CRAB_HOME") is { Length: > 0 } home)
        {
            homes.Add(home);
        }

        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            homes.Add(above.FullName);
        }

        return homes.Select(folder => Path.GetFullPath(Path.Combine(folder, place))).FirstOrDefault(Directory.Exists)
            ?? throw new CommandException($"the default model {place} was found neither below CRAB_HOME nor above the program; give --model the folder of a Qwen2.5-Omni checkpoint");
    }
}

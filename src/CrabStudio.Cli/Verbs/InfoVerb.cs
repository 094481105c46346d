using System.CommandLine;
using System.Text.Json.Nodes;
using CrabStudio.Model.Checkpoints;
using Spectre.Console;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab info</c>.</summary>
internal static class InfoVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string[]> files = new("FILE_OR_DIR")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Checkpoints (*.safetensors, *.index.json, *.bin, *.pt), configurations, tokenizer files, or a whole model folder. A name that begins with a dash goes behind --.",
        };
        Option<bool> json = new("--json") { Description = "One JSON line an argument, in the order given: {\"file\", \"ok\", \"error\"?, …facts}." };
        Command verb = new("info", "Say what a checkpoint, an adapter, a configuration or a tokenizer holds. Nothing in it is executed. The exit code is 1 when one is refused.") { files, json };
        verb.SetAction((parsed, cancellation) => FileReport.RunAsync(
            FileArguments.Read(parsed, files),
            parsed.GetValue(json),
            beside: 1,
            (file, _) => Task.FromResult(ModelInspector.Inspect(file).ToJson()),
            Show,
            cancellation));
        return verb;
    }

    private static void Show(IReadOnlyList<(string File, JsonObject Facts)> good)
    {
        IAnsiConsole console = Terminal.Results();
        foreach ((string file, JsonObject facts) in good)
        {
            Table table = new() { Border = TableBorder.Rounded, Title = new TableTitle(Markup.Escape(Terminal.OneLine(file))) };
            table.AddColumns("what", "is");
            foreach ((string what, string words) in Rows(facts, string.Empty))
            {
                table.AddRow(new Text(what), new Text(Terminal.OneLine(words)));
            }

            console.Write(table);
        }
    }

    // A checkpoint may have thousands of tensors: a person is told how many, a program gets them by --json.
    private static IEnumerable<(string What, string Words)> Rows(JsonObject facts, string prefix)
    {
        foreach ((string what, JsonNode? value) in facts)
        {
            switch (value)
            {
                case JsonObject many when what == "tensors":
                    yield return (prefix + what, $"{many.Count} (see --json)");
                    break;
                case JsonObject part:
                    foreach ((string, string) row in Rows(part, $"{prefix}{what}."))
                    {
                        yield return row;
                    }

                    break;
                case JsonArray list:
                    yield return (prefix + what, string.Join(", ", list));
                    break;
                default:
                    yield return (prefix + what, value?.ToString() ?? "–");
                    break;
            }
        }
    }
}

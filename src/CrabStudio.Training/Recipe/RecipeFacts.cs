using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrabStudio.Model.Checkpoints;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>What a stage did.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Steps">Steps.</param>
/// <param name="Clips">Clips that were seen or heard, each once; 0 in stage 1.</param>
/// <param name="Questions">Questions that were answered; 0 in stage 0.</param>
/// <param name="Tokens">Tokens that went through the text decoder; 0 in stage 0.</param>
/// <param name="Hours">Running time with the measurements in between.</param>
public sealed record RecipeStageFacts(string Name, int Steps, long Clips, long Questions, long Tokens, double Hours);

/// <summary>How a small model was made: <c>recipe.json</c> of its folder.</summary>
/// <param name="Command">The command.</param>
/// <param name="Program">Version and commit of the program that finished it.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Knows">What it was shown, in one line.</param>
/// <param name="Stages">The stages.</param>
/// <param name="Sources">Where pictures and sounds come from, and under which licence.</param>
public sealed record RecipeFacts(string Command, string Program, int Seed, string Knows, IReadOnlyList<RecipeStageFacts> Stages, IReadOnlyList<string> Sources)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "recipe.json";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the file of a model folder.</summary>
    /// <exception cref="TrainingException">It is not there, or no such file.</exception>
    public static RecipeFacts Load(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<RecipeFacts>(File.ReadAllBytes(file), Json) is { Stages: not null, Sources: not null, Knows: not null } facts ? facts
                : throw new TrainingException($"{file}: found another kind of file; expected what crab train --recipe default writes.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new TrainingException($"{file} could not be read: {exception.Message} Expected the folder of a model that crab train --recipe default made.", exception);
        }
    }

    internal static RecipeFacts Of(RecipeOptions options, IEnumerable<(string Name, string Folder)> stages) => new(
        "crab train --recipe default",
        typeof(RecipeFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        options.Seed,
        $"a made-up world: {WorldCatalog.Classes.Count} things as emoji pictures with sounds of their own ({string.Join(", ", WorldCatalog.Classes.Select(one => one.Name))}), "
        + $"{WorldCatalog.Emotions.Count} emotions of emoji faces with synthetic voices, {Enum.GetValues<WorldMotion>().Length} ways to move, {WorldCatalog.Colours.Count} background colours, in clips of at most ten seconds",
        [.. stages.Select(stage => Of(stage.Name, stage.Folder))],
        WorldCatalog.Sources);

    internal void Write(string folder) => DurableFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, Json));

    private static RecipeStageFacts Of(string name, string folder)
    {
        RecipeStep[] steps = [.. RunLog.Read<RecipeStep>(Path.Combine(folder, RecipeStage.LogName))];
        double measuring = RunLog.Read<RecipeMeasure>(Path.Combine(folder, RecipeStage.UnseenName)).Sum(measure => measure.Seconds);
        return new RecipeStageFacts(
            name, steps.Length, steps.Sum(step => (long)step.Clips), steps.Sum(step => (long)step.Questions), steps.Sum(step => (long)step.Tokens), Math.Round((steps.Sum(step => step.Seconds) + measuring) / 3600, 3));
    }
}

namespace CrabStudio.Model.Configuration;

/// <summary>How well a model does a task, as its card says.</summary>
/// <param name="Task">Key of the task.</param>
/// <param name="Name">What was counted.</param>
/// <param name="Samples">Samples that it is of.</param>
/// <param name="Value">The value, a share of 1.</param>
/// <param name="Low">Lower end of its 95% interval.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Chance">The same of random answers; null where there is no such thing.</param>
/// <param name="Constant">The same of the best constant answer; null where there is none.</param>
public sealed record ModelCardFigure(string Task, string Name, int Samples, double Value, double Low, double High, double? Chance, double? Constant)
{
    /// <summary>What one reaches without looking or listening.</summary>
    public double Guessing => Math.Max(Chance ?? 0, Constant ?? 0);

    /// <summary>Whether the whole interval lies above guessing: else the task must not be offered as one that works.</summary>
    public bool BeatsGuessing => Low > Guessing;
}

/// <summary>
/// What a small model knows and how well it does: <c>card.json</c> of its folder, written by <c>crab card</c>. The published
/// checkpoints have none.
/// </summary>
/// <param name="Knows">What it was shown, in one line: of all else it can only guess.</param>
/// <param name="Figures">A figure a task or more: that which stands for it, then what is drawn of its answers too.</param>
public sealed record ModelCard(string Knows, IReadOnlyList<ModelCardFigure> Figures)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "card.json";

    private const int LongestText = 1000, MostFigures = 100;

    /// <summary>The figures of a task.</summary>
    public IEnumerable<ModelCardFigure> Of(string task) => Figures.Where(figure => figure.Task == task);

    /// <summary>The card of a model folder; null where there is none.</summary>
    /// <exception cref="ModelException">The file is there and not a card.</exception>
    public static ModelCard? Load(string folder)
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return null;
        }

        JsonFile card = JsonFile.Read(file);
        return new ModelCard(
            Short(card, "knows"),
            [.. card.Objects("figures", MostFigures).Select(figure => new ModelCardFigure(
                Short(figure, "task"),
                Short(figure, "name"),
                figure.Int("samples", 0, int.MaxValue),
                Share(figure, "value"),
                Share(figure, "low"),
                Share(figure, "high"),
                figure.Has("chance") ? Share(figure, "chance") : null,
                figure.Has("constant") ? Share(figure, "constant") : null))]);
    }

    private static double Share(JsonFile figure, string field) => figure.Number(field, 0, 1);

    private static string Short(JsonFile from, string field) =>
        from.Text(field) is { Length: <= LongestText } text ? JsonFile.Printable(text, LongestText) : throw from.Wrong(field, "a longer text", $"at most {LongestText} characters");
}

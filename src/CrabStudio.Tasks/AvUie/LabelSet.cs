using System.Text.Json;

namespace CrabStudio.Tasks.AvUie;

/// <summary>
/// The labels that a key's entries may carry. A file <c>labels.json</c> in the key's folder (a list of texts) is the whole set.
/// Without it the published list of the data set is a default, not a limit: which words AV-UIE v2 uses is known from its
/// entries alone, so a label that several entries share is taken for one of the set.
/// </summary>
internal sealed class LabelSet
{
    private static readonly Dictionary<string, Published> Lists = ReadPublished();

    private readonly HashSet<string> labels;

    private LabelSet(string name, bool isLimit, IEnumerable<string> labels) => (Name, IsLimit, this.labels) = (name, isLimit, [.. labels.Select(Normal)]);

    /// <summary>Where the set comes from, for messages.</summary>
    public string Name { get; }

    /// <summary>Whether nothing else is allowed.</summary>
    public bool IsLimit { get; }

    /// <summary>The set of a key, or null where none is known.</summary>
    /// <exception cref="AvUieException">The key's <c>labels.json</c> is no list of texts.</exception>
    public static LabelSet? Of(AvUieFolder folder, string key)
    {
        string path = Path.Combine(folder.Root, key, "labels.json");
        if (File.Exists(path))
        {
            try
            {
                return new LabelSet($"{key}/labels.json", true, JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path)) ?? []);
            }
            catch (Exception fault) when (fault is JsonException or ArgumentNullException)
            {
                throw new AvUieException($"{key}/labels.json", null, null, "is no list of texts, as in [\"dog\", \"bell\"]");
            }
        }

        return Lists.TryGetValue(key, out Published? published) ? new LabelSet($"the {published.Labels.Count} labels of {published.Name}", false, published.Labels) : null;
    }

    /// <summary>Whether the label belongs to the set, however its words are joined.</summary>
    public bool Has(string label) => labels.Contains(Normal(label));

    /// <summary>Lower case, with every run of blanks, commas and underscores as one underscore: how the scorers compare labels.</summary>
    public static string Normal(string label) => string.Join('_', label.ToLowerInvariant().Split([' ', '\t', '\n', '\r', ',', '_'], StringSplitOptions.RemoveEmptyEntries));

    private static Dictionary<string, Published> ReadPublished()
    {
        using Stream stream = typeof(LabelSet).Assembly.GetManifestResourceStream("labels.json")!;
        return JsonSerializer.Deserialize<Published[]>(stream, JsonSerializerOptions.Web)!.ToDictionary(list => list.Key);
    }

    private sealed record Published(string Key, string Name, IReadOnlyList<string> Labels);
}

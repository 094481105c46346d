using System.Text.Json.Nodes;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.AvUie;

/// <summary>A data set of a test's own, gone after the test.</summary>
internal sealed class DataSets : IDisposable
{
    /// <summary>The folder above <c>AVUIE_2</c>.</summary>
    public string Home { get; } = Directory.CreateTempSubdirectory("avuie ").FullName;

    /// <summary>A path below <c>AVUIE_2</c>.</summary>
    public string this[string name] => Path.Combine(Home, "AVUIE_2", name);

    /// <summary>A copy of the miniature, or of some keys of it.</summary>
    public static DataSets Miniature(params string[] keys)
    {
        DataSets copy = new();
        string from = Golden.Find("avuie/AVUIE_2");
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(from, file);
            if (keys.Length > 0 && !keys.Contains(name.Split(Path.DirectorySeparatorChar)[0]))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(copy[name])!);
            // The lists are changed by tests; the media are not, and are large.
            if (name.EndsWith(".json", StringComparison.Ordinal))
            {
                File.WriteAllBytes(copy[name], File.ReadAllBytes(file));
            }
            else
            {
                File.CreateSymbolicLink(copy[name], file);
            }
        }

        return copy;
    }

    /// <summary>The data set.</summary>
    public AvUieFolder Open() => AvUieFolder.Open(Home);

    /// <summary>Writes a list as it stands.</summary>
    public void Write(string name, string json)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], json);
    }

    /// <summary>Changes a list.</summary>
    public void Edit(string name, Action<JsonArray> change)
    {
        JsonArray list = JsonNode.Parse(File.ReadAllText(this[name]))!.AsArray();
        change(list);
        File.WriteAllText(this[name], list.ToJsonString());
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Home, recursive: true);
}

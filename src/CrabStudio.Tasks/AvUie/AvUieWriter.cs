using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CrabStudio.Tasks.AvUie;

/// <summary>How media come to lie beside the lists.</summary>
public enum MediaPlacing
{
    /// <summary>A symbolic link, or a copy where the system gives no links.</summary>
    Link,

    /// <summary>A copy.</summary>
    Copy,

    /// <summary>Not at all: they are brought by other means.</summary>
    None,
}

/// <summary>Writes lists of AV-UIE v2 whole or not at all, and lays their media beside them.</summary>
/// <param name="home">The folder above <c>AVUIE_2</c>.</param>
public sealed class AvUieWriter(string home)
{
    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a list, an entry a line.</summary>
    /// <returns>How many entries; of none, no list is written.</returns>
    /// <exception cref="AvUieException">The list is there already, or a file of media is missing.</exception>
    public int Write(string key, AvUieSplit split, IEnumerable<BuiltEntry> entries, MediaPlacing placing, string mediaFolder)
    {
        string folder = Path.Combine(home, "AVUIE_2", key), list = Path.Combine(home, "AVUIE_2", AvUieFolder.FileName(key, split)), part = list + ".part";
        if (File.Exists(list))
        {
            throw new AvUieException(AvUieFolder.FileName(key, split), null, null, "is there already; take it away, or name another folder");
        }

        Directory.CreateDirectory(folder);
        int count = 0;
        Dictionary<string, string> placed = [];
        try
        {
            using (StreamWriter writer = new(part, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            {
                foreach (BuiltEntry entry in entries)
                {
                    writer.Write(count++ == 0 ? "[\n" : ",\n");
                    writer.Write(entry.Fields.ToJsonString(Form));
                    foreach ((string source, string place) in placing == MediaPlacing.None ? [] : entry.Media)
                    {
                        if (placed.TryAdd(place, source))
                        {
                            Place(Path.GetFullPath(source, Path.GetFullPath(mediaFolder)), Path.Combine(folder, place), placing);
                        }
                        else if (placed[place] != source)
                        {
                            throw new AvUieException(AvUieFolder.FileName(key, split), null, null, $"{placed[place]} and {source} would both become {place}; name one of them otherwise");
                        }
                    }
                }

                writer.Write("\n]\n");
            }

            if (count > 0)
            {
                File.Move(part, list);
            }

            return count;
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void Place(string source, string place, MediaPlacing placing)
    {
        if (Path.Exists(place))
        {
            return;
        }

        if (!File.Exists(source))
        {
            throw new AvUieException(Path.GetFileName(source), null, null, $"is not there (looked at {source})");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        if (placing == MediaPlacing.Link)
        {
            try
            {
                File.CreateSymbolicLink(place, source);
                return;
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // Windows gives links to administrators only.
            }
        }

        File.Copy(source, place);
    }
}

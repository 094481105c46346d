using System.Security.Cryptography;
using System.Text;
using CrabStudio.Model;

namespace CrabStudio.Engine.Evaluation;

/// <summary>Tells one model from another without loading it.</summary>
internal static class ModelFingerprint
{
    /// <summary>A file is read as a whole up to this size; of a larger one so many bytes in pieces all over it.</summary>
    private const long WholeBytes = 64L << 20;

    private const int Pieces = 64;

    /// <summary>The base: its configuration and its weights.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string OfBase(ModelOptions model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] files = [.. Directory.EnumerateFiles(model.Folder, "*.safetensors").Concat(Directory.EnumerateFiles(model.Folder, "*.json")).Order(StringComparer.Ordinal)];
        foreach (string file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\n"));
            hash.AppendData(HashOf(file));
        }

        return $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Folder))} {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}";
    }

    /// <summary>The adapter, or <c>none</c>.</summary>
    public static string OfAdapter(ModelOptions model) =>
        model.AdapterFile is { } file ? $"{Path.GetFileName(file)} {Convert.ToHexStringLower(HashOf(file))[..16]}" : "none";

    /// <summary>SHA-256 of a file's length and bytes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="whole">Every byte, also of a large file.</param>
    public static byte[] HashOf(string file, bool whole = false)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 20);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(stream.Length));
        byte[] block = new byte[1 << 20];
        if (whole || stream.Length <= WholeBytes)
        {
            for (int read; (read = stream.Read(block)) > 0;)
            {
                hash.AppendData(block, 0, read);
            }
        }
        else
        {
            for (int piece = 0; piece < Pieces; piece++)
            {
                stream.Position = (stream.Length - block.Length) / (Pieces - 1) * piece;
                hash.AppendData(block, 0, stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false));
            }
        }

        return hash.GetHashAndReset();
    }
}

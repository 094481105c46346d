using System.Text.Json;
using CrabStudio.Model.Checkpoints;

namespace CrabStudio.Training;

/// <summary>A file of JSON lines, each with the step it belongs to, and none of a step that a run which goes on will do again.</summary>
internal sealed class RunLog : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly FileStream file;

    /// <summary>Opens the log, and drops what lies beyond the checkpoint or was cut off in mid-line.</summary>
    public RunLog(string path, int stepsDone)
    {
        if (File.Exists(path))
        {
            string[] kept = [.. File.ReadLines(path).Where(line => StepOf(line) <= stepsDone)];
            DurableFile.Write(path, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                Array.ForEach(kept, writer.WriteLine);
            });
        }

        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>The lines of a log as records.</summary>
    public static IEnumerable<T> Read<T>(string path) => File.ReadLines(path).Select(line => JsonSerializer.Deserialize<T>(line, Json)!);

    /// <summary>Adds a line.</summary>
    public void Add<T>(T line)
    {
        file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, Json), (byte)'\n']);
        file.Flush();
    }

    /// <summary>Sees to it that what was added survives the machine.</summary>
    public void Keep() => file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static int StepOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("step").GetInt32();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return int.MaxValue;
        }
    }
}

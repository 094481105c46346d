using System.Text.Json;
using CrabStudio.Model.Checkpoints;

namespace CrabStudio.Training;

/// <summary><c>log.jsonl</c>: one line a step, and none for a step that a run which goes on will do again.</summary>
internal sealed class TrainingLog : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly FileStream file;

    /// <summary>Opens the log, and drops what lies beyond the checkpoint or was cut off in mid-line.</summary>
    public TrainingLog(string path, int stepsDone)
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

    /// <summary>Adds a line.</summary>
    public void Add(TrainingStep step)
    {
        file.Write([.. JsonSerializer.SerializeToUtf8Bytes(step, Json), (byte)'\n']);
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
            return JsonSerializer.Deserialize<TrainingStep>(line, Json)?.Step ?? int.MaxValue;
        }
        catch (JsonException)
        {
            return int.MaxValue;
        }
    }
}

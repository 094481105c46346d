using System.Buffers.Binary;
using System.Text;

namespace CrabStudio.Training;

/// <summary>
/// A TensorBoard event file of scalars. Each record is its length, a checksum of the length, a protocol buffer
/// (<c>tensorflow.Event</c>) and a checksum of that. Made anew from the log when a run goes on, so that it holds each step once.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value =>
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return crc;
    })];

    private readonly FileStream file;

    /// <summary>Makes the file, with the steps so far.</summary>
    public EventFile(string path, IEnumerable<TrainingStep> steps)
    {
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        // Event.file_version, field 3.
        Write([.. Field(3, "brain.Event:2"u8)], step: 0);
        foreach (TrainingStep step in steps)
        {
            Add(step);
        }
    }

    /// <summary>CRC-32C (Castagnoli), as TFRecord files use it.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    /// <summary>Adds the scalars of a step: loss, loss of each task, rate, gradient norm and pace.</summary>
    public void Add(TrainingStep step)
    {
        var scalars = new List<(string Tag, double Value)>
        {
            ("loss", step.Loss), ("learning_rate", step.LearningRate), ("grad_norm", step.GradNorm), ("tokens_per_second", step.Tokens.Sum() / Math.Max(1e-9, step.Seconds)),
        };
        var tasks = step.Samples.Select((name, i) => (Task: name.Split(':')[0], Loss: step.LossPerSample[i] * step.LossTokens[i], Tokens: step.LossTokens[i])).GroupBy(sample => sample.Task);
        scalars.AddRange(tasks.Select(task => ($"loss/{task.Key}", task.Sum(sample => sample.Loss) / task.Sum(sample => sample.Tokens))));
        // Summary.value (field 1) with tag (1) and simple_value (2, a float); the summary is Event's field 5.
        byte[] summary = [.. scalars.SelectMany(scalar => Field(1, [.. Field(1, Encoding.UTF8.GetBytes(scalar.Tag)), (2 << 3) | 5, .. BitConverter.GetBytes((float)scalar.Value)]))];
        Write([.. Field(5, summary)], step.Step);
        file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Write(byte[] content, int step)
    {
        // Event.wall_time (1, a double in seconds) and step (2).
        byte[] record = [(1 << 3) | 1, .. BitConverter.GetBytes((DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds), 2 << 3, .. Varint((ulong)step), .. content];
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, record.Length);
        file.Write([.. length, .. Masked(length), .. record, .. Masked(record)]);
    }

    private static byte[] Masked(byte[] data)
    {
        uint crc = Crc32C(data);
        return BitConverter.GetBytes(((crc >> 15) | (crc << 17)) + 0xA282EAD8);
    }

    // A field of bytes: number and wire type 2, length, bytes.
    private static byte[] Field(int number, ReadOnlySpan<byte> bytes) => [(byte)((number << 3) | 2), .. Varint((ulong)bytes.Length), .. bytes];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}

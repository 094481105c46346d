using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CrabStudio.Model;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using static TorchSharp.torch;

namespace CrabStudio.Training;

/// <summary>
/// Whole examples on disk, for towers that do not learn: tokens, positions and what the towers make of the media, so that a
/// clip is decoded and seen once. A file's name follows from base, first adapter, words and media; several runs may share
/// the folder.
/// </summary>
/// <param name="folder">Where; made when it is first needed.</param>
/// <param name="network">What the features depend on beside the sample: base, adapter, precision.</param>
internal sealed class FeatureCache(string folder, string network)
{
    private const string Ids = "input_ids", Positions = "position_ids", Spans = "spans", Loss = "loss", Audio = "audio", Images = "images", Videos = "videos";

    /// <summary>The example of a sample; null when it was not kept yet, or its file is damaged.</summary>
    public TrainingExample? Find(TrainingSample sample)
    {
        string path = PathOf(sample);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var file = new SafetensorsFile(path);
            long[] spans = Longs(file, Spans), loss = Longs(file, Loss);
            PromptSpan[] parts = [.. spans.Chunk(6).Select(span => new PromptSpan((PromptPart)span[0], (int)span[1], (int)span[2], (int)span[3], (int)span[4], (int)span[5]))];
            Tensor? Optional(string name) => file.Entries.ContainsKey(name) ? file.Read(name, map: false) : null;
            var input = new ModelInput { InputIds = Longs(file, Ids), PositionIds = file.Read(Positions, map: false), RopeDelta = 0, Spans = parts };
            return new TrainingExample(sample, input, (int)loss[0], (int)loss[1]) { Features = new TowerFeatures(Optional(Audio), Optional(Images), Optional(Videos)) };
        }
        catch (Exception exception) when (exception is ModelException or KeyNotFoundException)
        {
            // Cut off by a crash of the machine; it is made anew.
            return null;
        }
    }

    /// <summary>Keeps an example.</summary>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public void Keep(TrainingExample example, TowerFeatures features)
    {
        Directory.CreateDirectory(folder);
        ModelInput input = example.Input;
        var tensors = new Dictionary<string, PlainTensor>
        {
            [Ids] = new([input.InputIds.Length], Longs: input.InputIds),
            [Positions] = new(input.PositionIds.shape, Longs: input.PositionIds.data<long>().ToArray()),
            [Spans] = new([input.Spans.Count, 6], Longs: [.. input.Spans.SelectMany(span => new long[] { (long)span.Part, span.Start, span.Length, span.GridTimes, span.GridRows, span.GridColumns })]),
            [Loss] = new([2], Longs: [example.LossBegin, example.LossEnd]),
        };
        foreach ((string name, Tensor? values) in new[] { (Audio, features.Audio), (Images, features.Images), (Videos, features.Videos) })
        {
            if (values is not null)
            {
                using Tensor plain = values.to(ScalarType.Float32).cpu().contiguous();
                tensors[name] = new PlainTensor(plain.shape, plain.data<float>().ToArray());
            }
        }

        SafetensorsWriter.Write(PathOf(example.Sample), tensors);
    }

    private string PathOf(TrainingSample sample)
    {
        // A clip that was changed in its place is another clip.
        IEnumerable<string> media = sample.Conversation.Content.Select(item => item.FilePath()).OfType<string>().Where(path => path.Length > 0).Select(path => new FileInfo(path)).Select(file => file.Exists ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "missing");
        byte[] identity = Encoding.UTF8.GetBytes($"{network}\n{JsonSerializer.Serialize(sample)}\n{string.Join('\n', media)}");
        return Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(identity))}.safetensors");
    }

    private static long[] Longs(SafetensorsFile file, string name)
    {
        using Tensor values = file.Read(name, map: false);
        return values.data<long>().ToArray();
    }
}

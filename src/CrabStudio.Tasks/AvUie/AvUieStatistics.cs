using System.Text.RegularExpressions;
using CrabStudio.Media;

namespace CrabStudio.Tasks.AvUie;

/// <summary>What a key's lists hold.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Family">Its family.</param>
public sealed record AvUieKeyStatistics(string Key, TaskFamily Family)
{
    private readonly Dictionary<string, int> labels = [];

    /// <summary>Samples to train on.</summary>
    public int Train { get; internal set; }

    /// <summary>Samples to test on.</summary>
    public int Test { get; internal set; }

    /// <summary>Entries that make no sample; <see cref="AvUieChecker"/> says why.</summary>
    public int Unreadable { get; internal set; }

    /// <summary>Clips (sounds where stills are shown), each counted once.</summary>
    public int Clips { get; internal set; }

    /// <summary>Clips of which no length is known.</summary>
    public int ClipsOfUnknownLength { get; internal set; }

    /// <summary>Seconds of the clips whose length is known.</summary>
    public double Seconds { get; internal set; }

    /// <summary>Every label with the number of its samples (an event counts once a sample), most frequent first.</summary>
    public IEnumerable<KeyValuePair<string, int>> Labels => labels.OrderByDescending(label => label.Value).ThenBy(label => label.Key, StringComparer.Ordinal);

    /// <summary>Number of different labels.</summary>
    public int LabelCount => labels.Count;

    /// <summary>Words of the target texts.</summary>
    public Distribution AnswerWords { get; } = new();

    /// <summary>Seconds of the time ranges.</summary>
    public Distribution RangeSeconds { get; } = new();

    /// <summary>Sentences that stand before the conclusion of a target text; none of captions, which conclude nothing.</summary>
    public Distribution ReasoningSteps { get; } = new();

    internal void Label(string label) => labels[label] = labels.GetValueOrDefault(label) + 1;
}

/// <summary>Counts what a data set holds, a sample at a time.</summary>
public static partial class AvUieStatistics
{
    /// <summary>Reads all lists.</summary>
    /// <param name="folder">The data set.</param>
    /// <param name="decoder">Asked for lengths that neither an entry's field <c>duration</c> nor the head of a WAV or MP4 file says; null: they stay unknown.</param>
    /// <param name="progress">Told now and then how many entries were read.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The keys that have a list, in the order of the catalog, and remarks about lists that break off.</returns>
    public static async Task<(IReadOnlyList<AvUieKeyStatistics> Keys, IReadOnlyList<string> Remarks)> CollectAsync(
        AvUieFolder folder, MediaReader? decoder = null, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        List<AvUieKeyStatistics> keys = [];
        List<string> remarks = [];
        MediaFiles media = new();
        int entries = 0;
        foreach ((string key, AvUieSplit split) in folder.Lists())
        {
            if (keys.LastOrDefault()?.Key != key)
            {
                keys.Add(new AvUieKeyStatistics(key, TaskCatalog.Find(key)!.Family));
                media = new MediaFiles();
            }

            try
            {
                foreach (AvUieEntry entry in folder.Entries(key, split))
                {
                    cancellation.ThrowIfCancellationRequested();
                    await AddAsync(keys[^1], entry, media, decoder, cancellation);
                    if (++entries % 1000 == 0)
                    {
                        progress?.Invoke(entries);
                    }
                }
            }
            catch (AvUieException broken)
            {
                remarks.Add(broken.Message);
            }
        }

        return (keys, remarks);
    }

    /// <summary>Sentences of a target text that end before its conclusion begins, which is its first tag or coordinates.</summary>
    public static int StepsBeforeConclusion(string target)
    {
        Match conclusion = Conclusion().Match(target);
        return SentenceEnd().Count(conclusion.Success ? target[..conclusion.Index] : target);
    }

    private static async Task AddAsync(AvUieKeyStatistics key, AvUieEntry entry, MediaFiles media, MediaReader? decoder, CancellationToken cancellation)
    {
        AvUieSample sample;
        try
        {
            sample = AvUieLoader.Load(entry);
        }
        catch (AvUieException)
        {
            key.Unreadable++;
            return;
        }

        if (entry.Split == AvUieSplit.Train)
        {
            key.Train++;
        }
        else
        {
            key.Test++;
        }

        foreach (string path in Clips(sample))
        {
            await AddClipAsync(key, entry, path, media, decoder, cancellation);
        }

        foreach (string label in sample.Reference.Events.Count > 0 ? sample.Reference.Events.Select(said => said.Label).Distinct() : sample.Reference.Label is { } one ? [one] : [])
        {
            key.Label(label);
        }

        foreach (AnswerEvent said in sample.Reference.Events)
        {
            if (said is { StartSeconds: { } start, EndSeconds: { } end } && end >= start)
            {
                key.RangeSeconds.Add(end - start);
            }
        }

        if (sample.Target is { } target)
        {
            key.AnswerWords.Add(target.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length);
            if (TaskCatalog.Find(key.Key)!.Grammar != AnswerGrammar.FreeText)
            {
                key.ReasoningSteps.Add(StepsBeforeConclusion(target));
            }
        }
    }

    // What a sample is about: its videos; where a still is shown, its sound.
    private static IEnumerable<string> Clips(AvUieSample sample)
    {
        IEnumerable<string> videos = sample.Prompt.Content.OfType<VideoItem>().Select(video => video.Path);
        return videos.Any() ? videos : sample.Prompt.Content.OfType<AudioItem>().Select(sound => sound.Path);
    }

    private static async Task AddClipAsync(AvUieKeyStatistics key, AvUieEntry entry, string path, MediaFiles media, MediaReader? decoder, CancellationToken cancellation)
    {
        MediaFact fact = media.Look(path, out bool first);
        if (!first)
        {
            return;
        }

        key.Clips++;
        double? seconds = entry.Has("duration") && entry.Value("duration") is { ValueKind: System.Text.Json.JsonValueKind.Number } said && said.GetDouble() > 0 ? said.GetDouble() : fact.Seconds;
        if (seconds is null && decoder is not null && fact.Problem is null)
        {
            try
            {
                ClipProbe probe = await decoder.ProbeAsync(path, cancellation);
                seconds = probe.PlaySeconds > 0 ? probe.PlaySeconds : null;
            }
            catch (MediaException)
            {
                // Of unknown length, as it is counted below; a check says what is wrong with it.
            }
        }

        key.Seconds += seconds ?? 0;
        key.ClipsOfUnknownLength += seconds is null ? 1 : 0;
    }

    [GeneratedRegex(@"</?(?:event|range|audio|visual|audio_event|visual_event|answer|obj)>|\[\d+,\d+")]
    private static partial Regex Conclusion();

    [GeneratedRegex(@"[.!?](?=\s|$)|[。！？]")]
    private static partial Regex SentenceEnd();
}

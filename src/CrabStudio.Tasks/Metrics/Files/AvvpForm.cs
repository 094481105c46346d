using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>avvp.json</c>.</summary>
internal static class AvvpForm
{
    private static readonly (string Name, bool Heard)[] Tracks = [("audio", true), ("visual", false)];

    public static void Compute(JsonObject file, Comparison comparison)
    {
        Dictionary<string, (AvvpFigures Segment, AvvpFigures Event)> videos = [];
        foreach (JsonObject video in file.Objects("videos"))
        {
            videos[video.Text("id")] = Put(comparison, video, Grid(video.Object("pred")));
        }

        foreach (JsonObject set in file.Objects("datasets"))
        {
            (AvvpFigures Segment, AvvpFigures Event)[] chosen = set["videos"] is JsonArray
                ? [.. set.Texts("videos").Select(id => videos.TryGetValue(id, out var figures) ? figures : throw new MetricsFileException($"{set.GetPath()}.videos names {id}, which is not among the videos"))]
                : [.. videos.Values];
            comparison.Put(set, "expected", new JsonObject
            {
                ["segment"] = DataSet([.. chosen.Select(one => one.Segment)]),
                ["event_level"] = DataSet([.. chosen.Select(one => one.Event)]),
            });
        }

        foreach (JsonObject video in file.Objects("text_videos"))
        {
            string text = video.Text("text");
            (IReadOnlyList<LabelledRanges> audio, IReadOnlyList<LabelledRanges> visual) = TagRules.ReadAvvp(text);
            List<string> unknown = [];
            AvvpGrid predicted = AvvpGrid.FromText(text, unknown);
            comparison.Put(video, "parsed", new JsonObject { ["audio"] = Json.Of(audio), ["visual"] = Json.Of(visual) });
            comparison.Put(video, "unknown_labels", Json.Of(unknown, label => label));
            comparison.Put(video, "pred", Grid(predicted));
            Put(comparison, video, predicted);
        }

        if (file.ContainsKey("helpers"))
        {
            Helpers(file.Object("helpers"), comparison);
        }
    }

    private static void Helpers(JsonObject helpers, Comparison comparison)
    {
        foreach (JsonObject one in helpers.Objects("extract_event"))
        {
            comparison.Put(one, "expected", Json.Of(AvvpScore.Events(Bits(one.Text("sequence"), one)), run => new JsonArray(run.Start, run.End)));
        }

        foreach (JsonObject one in helpers.Objects("event_wise_metric"))
        {
            MatchCounts counts = AvvpScore.CountEvents(Runs(one, "pred"), Runs(one, "gt"));
            comparison.Put(one, "expected", new JsonObject { ["TP"] = counts.TP, ["FP"] = counts.FP, ["FN"] = counts.FN });
        }

        foreach (JsonObject one in helpers.Objects("precision_recall_f1"))
        {
            int[][] predicted = one.Wholes("pred"), truth = one.Wholes("gt");
            comparison.Put(one, "expected_by_authors", Means(AvvpScore.RowMeans(predicted, truth)));
            comparison.Put(one, "sane", Means(AvvpScore.SaneRowMeans(predicted, truth)));
        }
    }

    private static (AvvpFigures Segment, AvvpFigures Event) Put(Comparison comparison, JsonObject video, AvvpGrid predicted)
    {
        AvvpGrid truth = Grid(video.Object("gt"));
        AvvpFigures segment = AvvpScore.SegmentLevel(predicted, truth), events = AvvpScore.EventLevel(predicted, truth);
        comparison.Put(video, "expected", new JsonObject { ["segment"] = Figures(segment), ["event_level"] = Figures(events) });
        return (segment, events);
    }

    private static JsonObject Figures(AvvpFigures figures) =>
        new() { ["audio"] = Json.Of(figures.Audio), ["visual"] = Json.Of(figures.Visual), ["event"] = Json.Of(figures.Event), ["audio_visual"] = Json.Of(figures.AudioVisual) };

    private static JsonObject DataSet(AvvpFigures[] videos)
    {
        AvvpDataSet set = AvvpScore.DataSet(videos);
        return new JsonObject { ["A"] = Json.Of(set.A), ["V"] = Json.Of(set.V), ["AV"] = Json.Of(set.AV), ["Type@AV"] = Json.Of(set.TypeAV), ["Event@AV"] = Json.Of(set.EventAV) };
    }

    private static JsonObject Means((double Precision, double Recall, double F1) means) =>
        new() { ["precision"] = Json.Of(means.Precision), ["recall"] = Json.Of(means.Recall), ["f1"] = Json.Of(means.F1) };

    private static AvvpGrid Grid(JsonObject tracks)
    {
        AvvpGrid grid = new();
        foreach ((string name, bool heard) in Tracks)
        {
            JsonObject track = tracks.Object(name);
            foreach ((string label, _) in track)
            {
                int place = AvvpGrid.ClassOf(label);
                grid.Add(heard, place >= 0 ? place : throw new MetricsFileException($"{track.GetPath()} names “{label}”, which is none of the 25 labels"), Bits(track.Text(label), track));
            }
        }

        return grid;
    }

    private static JsonObject Grid(AvvpGrid grid)
    {
        JsonObject tracks = [];
        foreach ((string name, bool heard) in Tracks)
        {
            JsonObject track = [];
            for (int label = 0; label < TaskLabels.Avvp.Count; label++)
            {
                int bits = heard ? grid.Audio(label) : grid.Visual(label);
                if (bits != 0)
                {
                    track[TaskLabels.Avvp[label]] = Json.Seconds(second => (bits >> second & 1) == 1);
                }
            }

            tracks[name] = track;
        }

        return tracks;
    }

    private static int Bits(string seconds, JsonObject place) => seconds.Length == AvvpScore.Seconds && !seconds.AsSpan().ContainsAnyExcept('0', '1')
        ? seconds.Select((sign, second) => sign == '1' ? 1 << second : 0).Sum()
        : throw new MetricsFileException($"{place.GetPath()}: “{seconds}” should be ten signs 0 or 1");

    private static (int, int)[] Runs(JsonObject place, string name) => place[name] is null ? [] : [.. place.Wholes(name).Select(run => (run[0], run[1]))];
}

using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>captions.json</c>.</summary>
internal static class CaptionForm
{
    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject set in file.Objects("sets"))
        {
            JsonObject[] places = [.. set.Objects("items")];
            List<CaptionItem> items = new(places.Length);
            foreach (JsonObject place in places)
            {
                CaptionItem own = CaptionItem.FromText(place.Text("hypothesis"), place.Texts("references"));
                // Scores are from the file's own tokens where it has them, so that a word taken apart otherwise is told once and not again in every score.
                items.Add(new CaptionItem(place.TextOrNull("hypothesis_tokens") ?? own.Hypothesis, place.ContainsKey("reference_tokens") ? place.Texts("reference_tokens") : own.References));
                comparison.Put(place, "hypothesis_tokens", own.Hypothesis);
                comparison.Put(place, "reference_tokens", Json.Of(own.References, reference => reference));
            }

            (CaptionFigures all, IReadOnlyList<CaptionFigures> each) = CaptionScore.Score(items);
            for (int place = 0; place < places.Length; place++)
            {
                comparison.Put(places[place], "expected", Figures(each[place]));
            }

            comparison.Put(set, "expected", Figures(all));
        }
    }

    private static JsonObject Figures(CaptionFigures figures) =>
        new() { ["BLEU"] = Json.Of(figures.Bleu, score => Json.Of(score)), ["ROUGE_L"] = Json.Of(figures.RougeL), ["CIDEr"] = Json.Of(figures.Cider) };
}

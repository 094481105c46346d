namespace CrabStudio.Tasks.Metrics;

/// <summary>A caption and what it should say.</summary>
/// <param name="Hypothesis">The words of the caption with single blanks between, as <see cref="PennTokenizer"/> gives them.</param>
/// <param name="References">The words of each reference likewise, at least one.</param>
public sealed record CaptionItem(string Hypothesis, IReadOnlyList<string> References)
{
    /// <summary>From captions as written.</summary>
    public static CaptionItem FromText(string hypothesis, IEnumerable<string> references) => new(PennTokenizer.Join(hypothesis), [.. references.Select(PennTokenizer.Join)]);
}

/// <summary>Figures of a set, or of one of its items.</summary>
/// <param name="Bleu">BLEU-1 to BLEU-4.</param>
/// <param name="RougeL">ROUGE-L.</param>
/// <param name="Cider">CIDEr-D.</param>
public sealed record CaptionFigures(IReadOnlyList<double> Bleu, double RougeL, double Cider);

/// <summary>
/// avcap: BLEU, ROUGE-L and CIDEr-D. Source: pycocoevalcap 1.2 (Bleu(4) with the closest reference length, Rouge, Cider), run. Crab_Plus has
/// no caption scorer and no test file for it. METEOR is not computed: it needs tables of its own.
/// </summary>
public static class CaptionScore
{
    /// <summary>Longest n-gram.</summary>
    private const int Longest = 4;

    /// <summary>Keeps BLEU's logarithms finite; a perfect caption therefore scores a little under 1.</summary>
    private const double Tiny = 1e-15, Small = 1e-9;

    /// <summary>How much more recall weighs than precision in ROUGE-L.</summary>
    private const double RougeBeta = 1.2;

    /// <summary>Width of CIDEr-D's penalty for another length.</summary>
    private const double CiderSigma = 6;

    /// <summary>The figures of a set and of each of its items. CIDEr of an item depends on the set it is in: one item alone scores 0.</summary>
    /// <param name="items">At least one.</param>
    public static (CaptionFigures Set, IReadOnlyList<CaptionFigures> Items) Score(IReadOnlyList<CaptionItem> items)
    {
        BleuCounts sum = new();
        double[] rouge = [.. items.Select(RougeL)], cider = CiderD(items);
        List<CaptionFigures> each = new(items.Count);
        for (int place = 0; place < items.Count; place++)
        {
            BleuCounts counts = BleuCounts.Of(items[place]);
            sum.Add(counts);
            each.Add(new CaptionFigures(counts.Scores(), rouge[place], cider[place]));
        }

        // BLEU of a set is from summed counts and no mean.
        return (new CaptionFigures(sum.Scores(), rouge.Average(), cider.Average()), each);
    }

    /// <summary>ROUGE-L of one item: 2.44·P·R/(R + 1.44·P), where P and R are each the best over the references, perhaps by different ones.</summary>
    public static double RougeL(CaptionItem item)
    {
        string[] said = item.Hypothesis.Split(' ');
        double precision = 0, recall = 0;
        foreach (string reference in item.References)
        {
            string[] words = reference.Split(' ');
            double shared = LongestShared(said, words);
            precision = Math.Max(precision, shared / said.Length);
            recall = Math.Max(recall, shared / words.Length);
        }

        // Splitting nothing gives one empty word, which must not be found in an empty reference.
        return item.Hypothesis.Length == 0 || precision == 0 || recall == 0 ? 0
            : (1 + (RougeBeta * RougeBeta)) * precision * recall / (recall + (RougeBeta * RougeBeta * precision));
    }

    private static int LongestShared(string[] one, string[] other)
    {
        int[] before = new int[other.Length + 1], now = new int[other.Length + 1];
        foreach (string word in one)
        {
            for (int place = 0; place < other.Length; place++)
            {
                now[place + 1] = word == other[place] ? before[place] + 1 : Math.Max(before[place + 1], now[place]);
            }

            (before, now) = (now, before);
        }

        return before[^1];
    }

    private static double[] CiderD(IReadOnlyList<CaptionItem> items)
    {
        (Dictionary<string, int>[] Said, Dictionary<string, int>[][] References)[] grams = [.. items.Select(item => (Grams(item.Hypothesis), item.References.Select(Grams).ToArray()))];
        Dictionary<string, int> documents = new(StringComparer.Ordinal);
        foreach ((_, Dictionary<string, int>[][] references) in grams)
        {
            foreach (string gram in references.SelectMany(reference => reference).SelectMany(order => order.Keys).Distinct())
            {
                documents[gram] = documents.GetValueOrDefault(gram) + 1;
            }
        }

        double all = Math.Log(items.Count);
        return [.. grams.Select(item => Item(item.Said, item.References))];

        double Item(Dictionary<string, int>[] said, Dictionary<string, int>[][] references)
        {
            WeightedGrams hypothesis = Weigh(said);
            double[] sums = new double[Longest];
            foreach (WeightedGrams reference in references.Select(Weigh))
            {
                double distance = hypothesis.Bigrams - reference.Bigrams, penalty = Math.Exp(-(distance * distance) / (2 * CiderSigma * CiderSigma));
                for (int order = 0; order < Longest; order++)
                {
                    double shared = 0;
                    foreach ((string gram, double weight) in hypothesis.Weights[order])
                    {
                        double wanted = reference.Weights[order].GetValueOrDefault(gram);
                        shared += Math.Min(weight, wanted) * wanted;
                    }

                    double norms = hypothesis.Norms[order] * reference.Norms[order];
                    sums[order] += (norms == 0 ? shared : shared / norms) * penalty;
                }
            }

            return 10 * sums.Average() / references.Length;
        }

        // Weight = count × (ln N − ln max(1, items whose references hold the n-gram)).
        WeightedGrams Weigh(Dictionary<string, int>[] counts)
        {
            Dictionary<string, double>[] weights = [.. counts.Select(order => order.ToDictionary(gram => gram.Key, gram => gram.Value * (all - Math.Log(Math.Max(1, documents.GetValueOrDefault(gram.Key))))))];
            return new WeightedGrams(weights, [.. weights.Select(order => Math.Sqrt(order.Values.Sum(weight => weight * weight)))], counts[1].Values.Sum());
        }
    }

    private sealed record WeightedGrams(Dictionary<string, double>[] Weights, double[] Norms, int Bigrams);

    /// <summary>The n-grams of a text with their counts, by n - 1; words are those between white space of any kind.</summary>
    private static Dictionary<string, int>[] Grams(string text)
    {
        string[] words = Words(text);
        Dictionary<string, int>[] grams = new Dictionary<string, int>[Longest];
        for (int order = 0; order < Longest; order++)
        {
            grams[order] = new Dictionary<string, int>(StringComparer.Ordinal);
            for (int place = 0; place + order < words.Length; place++)
            {
                string gram = string.Join(' ', words, place, order + 1);
                grams[order][gram] = grams[order].GetValueOrDefault(gram) + 1;
            }
        }

        return grams;
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What BLEU is made of; sums over a set.</summary>
    private sealed class BleuCounts
    {
        private readonly long[] hits = new long[Longest], guesses = new long[Longest];
        private long length, referenceLength;

        public static BleuCounts Of(CaptionItem item)
        {
            BleuCounts counts = new();
            Dictionary<string, int>[] said = Grams(item.Hypothesis);
            Dictionary<string, int>[][] references = [.. item.References.Select(Grams)];
            counts.length = Words(item.Hypothesis).Length;
            // The closest length, the shorter of two equally close ones.
            counts.referenceLength = item.References.Select(reference => Words(reference).Length).OrderBy(other => Math.Abs(other - counts.length)).ThenBy(other => other).First();
            for (int order = 0; order < Longest; order++)
            {
                counts.guesses[order] = Math.Max(0, counts.length - order);
                // Each n-gram hits at most as often as in the one reference that has most of it.
                counts.hits[order] = said[order].Sum(gram => Math.Min(gram.Value, references.Max(reference => reference[order].GetValueOrDefault(gram.Key))));
            }

            return counts;
        }

        public void Add(BleuCounts other)
        {
            for (int order = 0; order < Longest; order++)
            {
                hits[order] += other.hits[order];
                guesses[order] += other.guesses[order];
            }

            length += other.length;
            referenceLength += other.referenceLength;
        }

        public double[] Scores()
        {
            double ratio = (length + Tiny) / (referenceLength + Small), penalty = ratio < 1 ? Math.Exp(1 - (1 / ratio)) : 1, product = 1;
            double[] scores = new double[Longest];
            for (int order = 0; order < Longest; order++)
            {
                product *= (hits[order] + Tiny) / (guesses[order] + Small);
                scores[order] = Math.Pow(product, 1.0 / (order + 1)) * penalty;
            }

            return scores;
        }
    }
}

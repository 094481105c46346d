using System.Runtime.InteropServices;

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
        Vocabulary vocabulary = new();
        (CountedWords Said, CountedWords[] References)[] counted = [.. items.Select(item => (vocabulary.Count(item.Hypothesis), item.References.Select(vocabulary.Count).ToArray()))];
        BleuCounts sum = new();
        double[] rouge = [.. items.Select(RougeL)], cider = CiderD(counted);
        List<CaptionFigures> each = new(items.Count);
        for (int place = 0; place < items.Count; place++)
        {
            BleuCounts counts = BleuCounts.Of(counted[place].Said, counted[place].References);
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

    private static double[] CiderD((CountedWords Said, CountedWords[] References)[] items)
    {
        // The weight of an n-gram is its count × (ln N − ln max(1, items whose references hold it)).
        Dictionary<Gram, int> documents = [];
        HashSet<Gram> ofItem = [];
        foreach ((_, CountedWords[] references) in items)
        {
            ofItem.Clear();
            foreach (Gram gram in references.SelectMany(reference => reference.Grams).SelectMany(order => order.Keys))
            {
                if (ofItem.Add(gram))
                {
                    documents[gram] = documents.GetValueOrDefault(gram) + 1;
                }
            }
        }

        double all = Math.Log(items.Length);
        Dictionary<Gram, double> rarity = documents.ToDictionary(gram => gram.Key, gram => all - Math.Log(gram.Value));
        return [.. items.Select(item => Item(item.Said, item.References))];

        double Item(CountedWords said, CountedWords[] references)
        {
            double[] norms = Norms(said), sums = new double[Longest];
            foreach (CountedWords reference in references)
            {
                double[] wantedNorms = Norms(reference);
                double distance = said.Bigrams - reference.Bigrams, penalty = Math.Exp(-(distance * distance) / (2 * CiderSigma * CiderSigma));
                for (int order = 0; order < Longest; order++)
                {
                    double shared = 0;
                    foreach ((Gram gram, int count) in said.Grams[order])
                    {
                        if (reference.Grams[order].TryGetValue(gram, out int wanted))
                        {
                            double rare = rarity[gram];
                            shared += Math.Min(count * rare, wanted * rare) * (wanted * rare);
                        }
                    }

                    double both = norms[order] * wantedNorms[order];
                    sums[order] += (both == 0 ? shared : shared / both) * penalty;
                }
            }

            return 10 * sums.Average() / references.Length;
        }

        double[] Norms(CountedWords words)
        {
            double[] norms = new double[Longest];
            for (int order = 0; order < Longest; order++)
            {
                foreach ((Gram gram, int count) in words.Grams[order])
                {
                    double weight = count * rarity.GetValueOrDefault(gram, all);
                    norms[order] += weight * weight;
                }

                norms[order] = Math.Sqrt(norms[order]);
            }

            return norms;
        }
    }

    /// <summary>A caption as counts.</summary>
    /// <param name="Length">Words; those between white space of any kind.</param>
    /// <param name="Grams">The n-grams with their counts, by n - 1.</param>
    private sealed record CountedWords(int Length, Dictionary<Gram, int>[] Grams)
    {
        public int Bigrams => Math.Max(0, Length - 1);
    }

    /// <summary>Up to four words in a row, the newest last; 0 where there is none.</summary>
    private readonly record struct Gram(uint First, uint Second, uint Third, uint Fourth)
    {
        /// <summary>With one more word, and the oldest forgotten.</summary>
        public Gram Then(uint word) => new(Second, Third, Fourth, word);

        /// <summary>The last so many words; null where there are not as many.</summary>
        public Gram? Last(int count)
        {
            Gram last = new(count > 3 ? First : 0, count > 2 ? Second : 0, count > 1 ? Third : 0, Fourth);
            uint oldest = count > 3 ? First : count > 2 ? Second : count > 1 ? Third : Fourth;
            return oldest == 0 ? null : last;
        }

        /// <summary>The words' numbers are small and close together, so each must move the others apart.</summary>
        public override int GetHashCode() => (int)((((((First * 0x9E3779B1) ^ Second) * 0x85EBCA77) ^ Third) * 0xC2B2AE3D) ^ (Fourth * 0x27D4EB2F));
    }

    /// <summary>Numbers words from 1.</summary>
    private sealed class Vocabulary
    {
        private readonly Dictionary<string, uint> numbers = new(StringComparer.Ordinal);

        public CountedWords Count(string text)
        {
            string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            Dictionary<Gram, int>[] grams = new Dictionary<Gram, int>[Longest];
            for (int order = 0; order < Longest; order++)
            {
                grams[order] = new Dictionary<Gram, int>(words.Length);
            }

            Gram run = default;
            foreach (string word in words)
            {
                run = run.Then(Number(word));
                for (int order = 0; order < Longest && run.Last(order + 1) is { } gram; order++)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(grams[order], gram, out _)++;
                }
            }

            return new CountedWords(words.Length, grams);
        }

        private uint Number(string word)
        {
            ref uint number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, word, out bool known);
            if (!known)
            {
                number = (uint)numbers.Count;
            }

            return number;
        }
    }

    /// <summary>What BLEU is made of; sums over a set.</summary>
    private sealed class BleuCounts
    {
        private readonly long[] hits = new long[Longest], guesses = new long[Longest];
        private long length, referenceLength;

        public static BleuCounts Of(CountedWords said, CountedWords[] references)
        {
            BleuCounts counts = new() { length = said.Length };
            // The closest length, the shorter of two equally close ones.
            counts.referenceLength = references.Select(reference => reference.Length).OrderBy(other => Math.Abs(other - said.Length)).ThenBy(other => other).First();
            for (int order = 0; order < Longest; order++)
            {
                counts.guesses[order] = Math.Max(0, said.Length - order);
                foreach ((Gram gram, int count) in said.Grams[order])
                {
                    // Each n-gram hits at most as often as in the one reference that has most of it.
                    int most = 0;
                    foreach (CountedWords reference in references)
                    {
                        most = Math.Max(most, reference.Grams[order].GetValueOrDefault(gram));
                    }

                    counts.hits[order] += Math.Min(count, most);
                }
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

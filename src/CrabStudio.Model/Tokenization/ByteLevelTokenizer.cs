using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CrabStudio.Model.Configuration;
using Microsoft.ML.Tokenizers;

namespace CrabStudio.Model.Tokenization;

/// <summary>
/// The tokenizer of a Qwen2.5-Omni folder: byte-level BPE with added tokens, equal to the original's. Safe for use by
/// several threads; a <see cref="StreamingDecoder"/> belongs to one.
/// </summary>
public sealed class ByteLevelTokenizer
{
    private readonly BpeTokenizer words;
    private readonly Regex? addedPattern;
    private readonly Dictionary<string, AddedToken> added;
    private readonly Dictionary<int, string> tokens;
    private readonly Dictionary<int, AddedToken> addedById;

    private ByteLevelTokenizer(Dictionary<string, int> vocabulary, List<(string Left, string Right)> merges, List<AddedToken> addedTokens)
    {
        words = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = merges.Select(merge => $"{merge.Left} {merge.Right}"),
            ByteLevel = true,
            PreTokenizer = WordSplitter.Instance,
        });
        tokens = vocabulary.ToDictionary(item => item.Value, item => item.Key);
        added = addedTokens.ToDictionary(token => token.Content, StringComparer.Ordinal);
        addedById = addedTokens.ToDictionary(token => token.Id);
        // The longest of those that begin at the same place.
        addedPattern = addedTokens.Count == 0 ? null
            : new Regex(string.Join('|', addedTokens.OrderByDescending(token => token.Content.Length).Select(token => Regex.Escape(token.Content))), RegexOptions.CultureInvariant);
        Size = Math.Max(tokens.Keys.Max(), addedById.Keys.DefaultIfEmpty(0).Max()) + 1L;
    }

    /// <summary>One more than the largest id.</summary>
    public long Size { get; }

    /// <summary>Reads <c>vocab.json</c>, <c>merges.txt</c> (or <c>tokenizer.json</c>, which holds both) and the added tokens of a Hugging Face folder.</summary>
    /// <exception cref="ModelException">A file is missing or malformed, or two of them contradict each other.</exception>
    public static ByteLevelTokenizer Load(string folder)
    {
        string Path(string name) => System.IO.Path.Combine(folder, name);
        string whole = Path("tokenizer.json"), vocabFile = Path("vocab.json"), mergesFile = Path("merges.txt");
        TokenizerJson? json = File.Exists(whole) ? TokenizerFiles.ReadTokenizer(whole) : null;
        // Without tokenizer.json the two are needed, and their absence is told by the reader.
        Dictionary<string, int> vocabulary = json is not null && !File.Exists(vocabFile) ? json.Vocabulary : TokenizerFiles.ReadVocabulary(vocabFile);
        List<(string Left, string Right)> merges = json is not null && !File.Exists(mergesFile) ? json.Merges : TokenizerFiles.ReadMerges(mergesFile);
        if (json is not null && !ReferenceEquals(vocabulary, json.Vocabulary))
        {
            foreach ((string token, int id) in json.Vocabulary)
            {
                if (!vocabulary.TryGetValue(token, out int other) || other != id)
                {
                    throw TokenizerFiles.Wrong(whole, $"the id {id} of {JsonFile.Printable(token, 60)}", "the same vocabulary as in vocab.json; the files belong to different downloads");
                }
            }
        }

        if (json is null || !ReferenceEquals(merges, json.Merges))
        {
            merges = TokenizerFiles.Usable(mergesFile, vocabulary, merges);
        }

        var added = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach ((string file, Func<string, List<AddedToken>> read) in new (string, Func<string, List<AddedToken>>)[]
        {
            (Path("added_tokens.json"), TokenizerFiles.ReadAddedTokens), (Path("tokenizer_config.json"), TokenizerFiles.ReadConfig), (whole, _ => json!.Added),
        })
        {
            if (File.Exists(file))
            {
                Join(added, file, read(file));
                TokenizerFiles.CheckAdded(file, vocabulary, [.. added.Values]);
            }
        }

        // Folders of old have only added_tokens.json, which does not say which tokens are special.
        return new ByteLevelTokenizer(vocabulary, merges, [.. added.Values.Select(token => token with
        {
            Special = token.Special ?? (token.Content.StartsWith("<|", StringComparison.Ordinal) && token.Content.EndsWith("|>", StringComparison.Ordinal)),
        })]);
    }

    /// <summary>
    /// The ids of a text. Added tokens in it become their ids; what is between them is normalized (NFC), cut into words
    /// and merged. A half surrogate pair counts as U+FFFD.
    /// </summary>
    public IReadOnlyList<int> Encode(string text)
    {
        var ids = new List<int>();
        string whole = Whole(text);
        int at = 0;
        for (Match? match = addedPattern?.Match(whole); match is { Success: true }; match = match.NextMatch())
        {
            EncodeWords(whole[at..match.Index], ids);
            ids.Add(added[match.Value].Id);
            at = match.Index + match.Length;
        }

        EncodeWords(whole[at..], ids);
        return ids;
    }

    /// <summary>The text of ids. Bytes that are no UTF-8 become U+FFFD; an id without a token (a row of the embedding beyond the tokenizer) becomes nothing.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true) => Encoding.UTF8.GetString([.. ids.SelectMany(id => Bytes(id, skipSpecial))]);

    /// <summary>A decoder that is given one id after the other and gives whole characters back.</summary>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    public StreamingDecoder NewStream(bool skipSpecial = true) => new(this, skipSpecial);

    /// <summary>The id of an added token or of a token as the vocabulary writes it; null when there is none.</summary>
    public int? IdOf(string token) => added.TryGetValue(token, out AddedToken? special) ? special.Id : words.Vocabulary.TryGetValue(token, out int id) ? id : null;

    /// <summary>Whether the id is that of a token which decoded text leaves out.</summary>
    public bool IsSpecial(int id) => addedById.TryGetValue(id, out AddedToken? token) && token.Special == true;

    internal byte[] Bytes(int id, bool skipSpecial) =>
        addedById.TryGetValue(id, out AddedToken? special) ? (skipSpecial && special.Special == true ? [] : Encoding.UTF8.GetBytes(special.Content))
            : tokens.TryGetValue(id, out string? token) ? ByteAlphabet.Decode(token) : [];

    private static void Join(Dictionary<string, AddedToken> known, string file, List<AddedToken> more)
    {
        foreach (AddedToken token in more)
        {
            if (known.TryGetValue(token.Content, out AddedToken? other))
            {
                if (other.Id != token.Id)
                {
                    throw TokenizerFiles.Wrong(file, $"the id {token.Id} of the added token {JsonFile.Printable(token.Content, 60)}", $"{other.Id} as in the other files of the folder");
                }

                known[token.Content] = other with { Special = token.Special ?? other.Special };
            }
            else if (known.Values.FirstOrDefault(item => item.Id == token.Id) is { } taken)
            {
                throw TokenizerFiles.Wrong(file, $"the id {token.Id} of the added token {JsonFile.Printable(token.Content, 60)}, which is that of {JsonFile.Printable(taken.Content, 60)} in another file", "an id of its own");
            }
            else
            {
                known.Add(token.Content, token);
            }
        }
    }

    private static string Whole(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
                }

                i++;
            }
        }

        return text;
    }

    private void EncodeWords(string text, List<int> ids)
    {
        if (text.Length > 0)
        {
            ids.AddRange(words.EncodeToIds(text.Normalize(NormalizationForm.FormC)));
        }
    }
}

/// <summary>Turns ids into text one by one: never half a character, and together exactly <see cref="ByteLevelTokenizer.Decode"/>.</summary>
public sealed class StreamingDecoder
{
    private readonly ByteLevelTokenizer tokenizer;
    private readonly bool skipSpecial;
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();

    internal StreamingDecoder(ByteLevelTokenizer tokenizer, bool skipSpecial)
    {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
    }

    /// <summary>The text that the id completes; possibly empty.</summary>
    public string Add(int id) => Read(tokenizer.Bytes(id, skipSpecial), false);

    /// <summary>What is left: U+FFFD for a character that was not completed, else nothing. The decoder may be used anew afterwards.</summary>
    public string End() => Read([], true);

    private string Read(byte[] bytes, bool flush)
    {
        // A byte gives one UTF-16 unit at most, and up to three kept ones may turn out to be broken.
        char[] characters = new char[bytes.Length + 4];
        return new string(characters, 0, decoder.GetChars(bytes, 0, bytes.Length, characters, 0, flush));
    }
}

/// <summary>
/// Cuts text into words as <see cref="TokenizerFiles.Pattern"/> says. That pattern speaks of characters, .NET's of
/// UTF-16 units; so letters and numbers beyond the first plane are looked at through stand-ins of the same length.
/// </summary>
internal sealed partial class WordSplitter : PreTokenizer
{
    public static readonly WordSplitter Instance = new();

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        foreach (Match match in Words().Matches(StandIns(text)))
        {
            yield return (match.Index, match.Length);
        }
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    private static string StandIns(string text)
    {
        if (!text.Any(character => char.IsSurrogate(character) || character is '\uE000' or '\uE001'))
        {
            return text;
        }

        char[] units = text.ToCharArray();
        for (int i = 0; i < units.Length; i++)
        {
            if (units[i] is '\uE000' or '\uE001')
            {
                units[i] = '\uE002';
            }
            else if (i + 1 < units.Length && char.IsSurrogatePair(units[i], units[i + 1]))
            {
                UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(units[i], units[i + 1]));
                if (category <= UnicodeCategory.OtherLetter)
                {
                    units[i] = units[i + 1] = 'x';
                }
                else if (category is >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber)
                {
                    units[i] = '\uE000';
                    units[i + 1] = '\uE001';
                }

                i++;
            }
        }

        return new string(units);
    }

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^\r\n\p{L}\p{N}\uE000\uE001])?\p{L}+|\p{N}|\uE000\uE001| ?[^\s\p{L}\p{N}\uE000\uE001]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}

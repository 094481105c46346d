using System.Text;
using System.Text.Json;
using CrabStudio.Model.Configuration;

namespace CrabStudio.Model.Tokenization;

/// <summary>A token that is looked for in the text itself and never split.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Special">Whether it is left out of decoded text; null when the file does not say.</param>
internal sealed record AddedToken(string Content, int Id, bool? Special);

/// <summary>What <c>tokenizer.json</c> holds.</summary>
/// <param name="Vocabulary">Ids by token.</param>
/// <param name="Merges">Pairs in the order of their rank.</param>
/// <param name="Added">Added tokens.</param>
internal sealed record TokenizerJson(Dictionary<string, int> Vocabulary, List<(string Left, string Right)> Merges, List<AddedToken> Added);

/// <summary>
/// Reads and checks the files of a byte-level BPE tokenizer one by one. Loading and inspecting share this code, so that
/// what one accepts the other does too.
/// </summary>
internal static class TokenizerFiles
{
    /// <summary>How Qwen2 tokenizers cut text into words before merging.</summary>
    public const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const long MaxBytes = 64 << 20;

    /// <summary><c>vocab.json</c>: ids by token.</summary>
    public static Dictionary<string, int> ReadVocabulary(string path) => Vocabulary(path, Root(path), "a map from tokens to ids");

    /// <summary><c>added_tokens.json</c>: ids by text.</summary>
    public static List<AddedToken> ReadAddedTokens(string path)
    {
        var added = new List<AddedToken>();
        foreach (JsonProperty item in Root(path).EnumerateObject())
        {
            added.Add(new AddedToken(item.Name, Id(path, item.Name, item.Value), null));
        }

        return Checked(path, added);
    }

    /// <summary><c>tokenizer_config.json</c>: its <c>added_tokens_decoder</c>. Everything else in it, templates included, is text that nobody runs.</summary>
    public static List<AddedToken> ReadConfig(string path)
    {
        JsonElement root = Root(path);
        var added = new List<AddedToken>();
        if (!root.TryGetProperty("added_tokens_decoder", out JsonElement tokens) || tokens.ValueKind == JsonValueKind.Null)
        {
            return added;
        }

        if (tokens.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, "an added_tokens_decoder that is no object", "a map from ids to tokens");
        }

        foreach (JsonProperty item in tokens.EnumerateObject())
        {
            if (!int.TryParse(item.Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id))
            {
                throw Wrong(path, $"the id {JsonFile.Printable(item.Name, 40)} of an added token", "a whole number from 0 to below 2^31");
            }

            added.Add(Token(path, item.Value, id));
        }

        return Checked(path, added);
    }

    /// <summary><c>merges.txt</c>: two parts a line, in the order of their rank.</summary>
    public static List<(string Left, string Right)> ReadMerges(string path)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, true).GetString(JsonFile.ReadBytes(path, MaxBytes));
        }
        catch (ArgumentException)
        {
            throw Wrong(path, "text that is not UTF-8", "lines of two parts");
        }

        var merges = new List<(string Left, string Right)>();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().Lines())
        {
            number++;
            ReadOnlySpan<char> line = raw.TrimEnd('\r');
            // The version line is the only comment: "# #" is a merge.
            if (line.IsEmpty || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
            {
                continue;
            }

            merges.Add(Merge(line) ?? throw Wrong(path, $"line {number}, {JsonFile.Printable(line.ToString(), 60)}", "two parts with one blank between"));
        }

        CheckRanks(path, merges);
        return merges.Count > 0 ? merges : throw Wrong(path, "no merges", "lines of two parts. Download it again");
    }

    /// <summary><c>tokenizer.json</c>: vocabulary, merges (as pairs or as texts) and added tokens.</summary>
    public static TokenizerJson ReadTokenizer(string path)
    {
        JsonElement root = Root(path);
        if (!root.TryGetProperty("model", out JsonElement model) || model.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, "no model", "a byte-level BPE tokenizer");
        }

        if (model.TryGetProperty("type", out JsonElement type) && type.ValueKind != JsonValueKind.Null && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("BPE")))
        {
            throw Wrong(path, $"a model of type {JsonFile.Printable(type.GetRawText(), 40)}", "\"BPE\"");
        }

        CheckPatterns(path, root);
        if (!model.TryGetProperty("vocab", out JsonElement vocab) || vocab.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, "no model.vocab that is an object", "a map from tokens to ids");
        }

        if (!model.TryGetProperty("merges", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(path, "no model.merges that is a list", "a list of pairs");
        }

        Dictionary<string, int> vocabulary = Vocabulary(path, vocab, "a model.vocab with tokens");
        var merges = new List<(string Left, string Right)>(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            (string Left, string Right)? merge = item.ValueKind switch
            {
                JsonValueKind.String => Merge(item.GetString()),
                JsonValueKind.Array when item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.String => (item[0].GetString()!, item[1].GetString()!),
                _ => null,
            };
            merges.Add(merge ?? throw Wrong(path, $"the merge {JsonFile.Printable(item.GetRawText(), 60)}", "two texts"));
        }

        CheckRanks(path, merges);
        foreach ((string Left, string Right) merge in merges)
        {
            if (Absent(vocabulary, merge) is { } absent)
            {
                throw Wrong(path, $"the merge {JsonFile.Printable(merge.Left, 40)} {JsonFile.Printable(merge.Right, 40)}", $"{JsonFile.Printable(absent, 80)} in the vocabulary");
            }
        }

        var added = new List<AddedToken>();
        if (root.TryGetProperty("added_tokens", out JsonElement tokens) && tokens.ValueKind != JsonValueKind.Null)
        {
            if (tokens.ValueKind != JsonValueKind.Array)
            {
                throw Wrong(path, "added_tokens that are no list", "a list of tokens");
            }

            foreach (JsonElement item in tokens.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("id", out JsonElement id))
                {
                    throw Wrong(path, "an added token without an id", "id and content");
                }

                added.Add(Token(path, item, Id(path, "of an added token", id)));
            }
        }

        CheckAdded(path, vocabulary, Checked(path, added));
        return new TokenizerJson(vocabulary, merges, added);
    }

    /// <summary>
    /// The merges of a <c>merges.txt</c> that the vocabulary beside it can carry out. A stray one changes nothing and is
    /// left out; many of them mean that the files do not belong together.
    /// </summary>
    public static List<(string Left, string Right)> Usable(string path, Dictionary<string, int> vocabulary, List<(string Left, string Right)> merges)
    {
        List<(string Left, string Right)> usable = merges.FindAll(merge => Absent(vocabulary, merge) is null);
        int stray = merges.Count - usable.Count;
        return stray * 100 <= merges.Count ? usable
            : throw Wrong(path, $"{stray} of {merges.Count} merges of tokens that vocab.json does not have", "files of one tokenizer. Download them again");
    }

    /// <summary>Refuses an added token with the id of another token, or with another id than the vocabulary gives its text.</summary>
    public static void CheckAdded(string path, Dictionary<string, int> vocabulary, List<AddedToken> added)
    {
        if (added.Count == 0)
        {
            return;
        }

        var wanted = added.ToDictionary(token => token.Id, token => token.Content);
        foreach ((string token, int id) in vocabulary)
        {
            if (wanted.TryGetValue(id, out string? content) && content != token)
            {
                throw Wrong(path, $"the id {id} of the added token {JsonFile.Printable(content, 60)}, which is that of {JsonFile.Printable(token, 60)}", "an id of its own");
            }
        }

        if (added.FirstOrDefault(token => vocabulary.TryGetValue(token.Content, out int id) && id != token.Id) is { } twice)
        {
            throw Wrong(path, $"the id {twice.Id} of the added token {JsonFile.Printable(twice.Content, 60)}", $"{vocabulary[twice.Content]} as in the vocabulary");
        }
    }

    /// <summary>An error about a tokenizer file.</summary>
    public static ModelException Wrong(string path, string found, string expected) => new($"{JsonFile.Name(path)}: found {found}; expected {expected}");

    private static JsonElement Root(string path)
    {
        JsonElement root = JsonFile.ReadElement(path, MaxBytes);
        return root.ValueKind == JsonValueKind.Object ? root : throw Wrong(path, "something else than a JSON object", "the file of a byte-level BPE tokenizer");
    }

    private static Dictionary<string, int> Vocabulary(string path, JsonElement map, string expected)
    {
        var vocabulary = new Dictionary<string, int>(map.GetPropertyCount(), StringComparer.Ordinal);
        var ids = new HashSet<int>(map.GetPropertyCount());
        foreach (JsonProperty item in map.EnumerateObject())
        {
            string token = item.Name;
            int id = Id(path, token, item.Value);
            if (!ids.Add(id))
            {
                throw Wrong(path, $"the id {id} of {JsonFile.Printable(token, 60)} a second time", "an id of its own for each token");
            }

            vocabulary.Add(token, id);
        }

        if (vocabulary.Count == 0)
        {
            throw Wrong(path, "no tokens", expected);
        }

        if (ByteAlphabet.Characters.FirstOrDefault(character => !vocabulary.ContainsKey(character)) is { } missing)
        {
            throw Wrong(path, $"no token {missing}", "tokens for all 256 bytes");
        }

        return vocabulary;
    }

    private static int Id(string path, string token, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 ? id
            : throw Wrong(path, $"the id {JsonFile.Printable(value.GetRawText(), 40)} of {JsonFile.Printable(token, 60)}", "a whole number from 0 to below 2^31");

    private static AddedToken Token(string path, JsonElement item, int id)
    {
        bool? special = null;
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.String)
        {
            throw Wrong(path, $"an added token with the id {id} without content", "its text");
        }

        if (item.TryGetProperty("special", out JsonElement flag) && flag.ValueKind != JsonValueKind.Null)
        {
            special = flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean()
                : throw Wrong(path, $"special is {JsonFile.Printable(flag.GetRawText(), 40)} for the added token {id}", "true or false");
        }

        return new AddedToken(content.GetString()!, id, special);
    }

    private static List<AddedToken> Checked(string path, List<AddedToken> added)
    {
        var ids = new HashSet<int>();
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (AddedToken token in added)
        {
            if (token.Content.Length == 0)
            {
                throw Wrong(path, $"the added token {token.Id} without letters", "a text");
            }

            if (!ids.Add(token.Id) || !texts.Add(token.Content))
            {
                throw Wrong(path, $"the added token {JsonFile.Printable(token.Content, 60)} or its id {token.Id} a second time", "each text and each id once");
            }
        }

        return added;
    }

    private static (string Left, string Right)? Merge(ReadOnlySpan<char> line)
    {
        int blank = line.IndexOf(' ');
        return blank > 0 && blank < line.Length - 1 && line[(blank + 1)..].IndexOf(' ') < 0 ? (line[..blank].ToString(), line[(blank + 1)..].ToString()) : null;
    }

    private static void CheckRanks(string path, List<(string Left, string Right)> merges)
    {
        var known = new HashSet<(string Left, string Right)>(merges.Count);
        foreach ((string Left, string Right) merge in merges)
        {
            if (!known.Add(merge))
            {
                throw Wrong(path, $"the merge {JsonFile.Printable(merge.Left, 40)} {JsonFile.Printable(merge.Right, 40)} a second time", "one rank for each");
            }
        }
    }

    private static string? Absent(Dictionary<string, int> vocabulary, (string Left, string Right) merge) =>
        !vocabulary.ContainsKey(merge.Left) ? merge.Left : !vocabulary.ContainsKey(merge.Right) ? merge.Right : !vocabulary.ContainsKey(merge.Left + merge.Right) ? merge.Left + merge.Right : null;

    // The pattern is part of the code, not taken from the file: a file may hold one that takes for ever. One that
    // differs would cut words elsewhere than the model learned, so it is refused rather than passed over.
    private static void CheckPatterns(string path, JsonElement root)
    {
        if (!root.TryGetProperty("pre_tokenizer", out JsonElement pre) || pre.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        JsonElement[] steps = pre.TryGetProperty("pretokenizers", out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [pre];
        foreach (JsonElement step in steps)
        {
            if (step.ValueKind == JsonValueKind.Object && step.TryGetProperty("pattern", out JsonElement pattern)
                && pattern.ValueKind == JsonValueKind.Object && pattern.TryGetProperty("Regex", out JsonElement regex)
                && !(regex.ValueKind == JsonValueKind.String && regex.ValueEquals(Pattern)))
            {
                throw Wrong(path, $"the pattern {JsonFile.Printable(regex.GetRawText(), 60)}", "that of the Qwen2 tokenizers");
            }
        }
    }

    // Unlike string.EnumerateLines: only a line feed ends a line, other separators may be letters of a token.
    private static LineEnumerator Lines(this ReadOnlySpan<char> text) => new(text);

    private ref struct LineEnumerator(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> rest = text;
        private bool ended;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly LineEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (ended)
            {
                return false;
            }

            int end = rest.IndexOf('\n');
            ended = end < 0;
            Current = ended ? rest : rest[..end];
            rest = ended ? [] : rest[(end + 1)..];
            return true;
        }
    }
}

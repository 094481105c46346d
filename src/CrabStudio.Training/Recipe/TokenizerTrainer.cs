using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Tokenization;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// Learns a byte-level BPE tokenizer from texts and writes it in the files of a Qwen2.5-Omni folder. The same texts give the
/// same files on every machine.
/// </summary>
public sealed class TokenizerTrainer
{
    // More often than any text can hold a word: what must be one token is merged before all else.
    private const long Wanted = 1L << 40;

    private static readonly string[] SpecialTokens =
    [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>",
        "<|vision_bos|>", "<|vision_eos|>", "<|vision_pad|>", "<|IMAGE|>", "<|VIDEO|>",
    ];

    private static readonly string[] PlainTokens = ["<tool_call>", "</tool_call>"];

    // As the published folder names them.
    private static readonly (string Role, string Token)[] Roles =
    [
        ("audio_token", "<|AUDIO|>"), ("image_token", "<|IMAGE|>"), ("video_token", "<|VIDEO|>"), ("audio_bos_token", "<|audio_bos|>"), ("audio_eos_token", "<|audio_eos|>"),
        ("vision_bos_token", "<|vision_bos|>"), ("vision_eos_token", "<|vision_eos|>"),
    ];

    private const string Template =
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}<|im_end|>\n{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}"
        + "<|vision_bos|><|IMAGE|><|vision_eos|>{% elif c['type'] == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>{% elif c['type'] == 'video' %}<|vision_bos|><|VIDEO|><|vision_eos|>"
        + "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>Tokens that are added to those that are learnt.</summary>
    public static int AddedTokens => SpecialTokens.Length + PlainTokens.Length;

    /// <summary>Learns from a text.</summary>
    public void Add(string text)
    {
        string whole = text.Normalize(NormalizationForm.FormC);
        foreach ((int offset, int length) in WordSplitter.Instance.PreTokenize(whole))
        {
            Count(whole.Substring(offset, length), 1);
        }
    }

    /// <summary>Asks for a word to be one token, after a blank and without one.</summary>
    /// <param name="word">Letters only.</param>
    public void AddWhole(string word)
    {
        Count(word, Wanted);
        Count($" {word}", Wanted);
    }

    /// <summary>Merges the most frequent pair again and again, the first by its characters where several are, and writes the files.</summary>
    /// <param name="folder">Where; made when it is not there.</param>
    /// <param name="size">Largest number of tokens, added ones included; fewer when all words are whole before.</param>
    /// <returns>Ids of the added tokens, and the number of tokens.</returns>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public (IReadOnlyDictionary<string, int> Added, int Size) Write(string folder, int size)
    {
        List<string> vocabulary = [.. ByteAlphabet.Characters.Order(StringComparer.Ordinal)];
        List<(string Left, string Right)> merges = Merges(size - AddedTokens - vocabulary.Count);
        var known = vocabulary.ToHashSet(StringComparer.Ordinal);
        // Two pairs may make the same token.
        vocabulary.AddRange(merges.Select(merge => merge.Left + merge.Right).Where(known.Add));
        string[] added = [.. SpecialTokens, .. PlainTokens];
        Dictionary<string, int> ids = added.Select((token, place) => (token, id: vocabulary.Count + place)).ToDictionary(item => item.token, item => item.id, StringComparer.Ordinal);
        Directory.CreateDirectory(folder);
        var words = new JsonObject(vocabulary.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id)));
        Put(folder, "vocab.json", words);
        DurableFile.Write(Path.Combine(folder, "merges.txt"), stream => stream.Write(Encoding.UTF8.GetBytes($"#version: 0.2\n{string.Concat(merges.Select(merge => $"{merge.Left} {merge.Right}\n"))}")));
        Put(folder, "added_tokens.json", new JsonObject(ids.Select(item => KeyValuePair.Create<string, JsonNode?>(item.Key, item.Value))));
        Put(folder, "special_tokens_map.json", new JsonObject { ["additional_special_tokens"] = List(SpecialTokens[1..]), ["eos_token"] = "<|im_end|>", ["pad_token"] = "<|endoftext|>" });
        Put(folder, "chat_template.json", new JsonObject { ["chat_template"] = Template });
        Put(folder, "tokenizer_config.json", Config(ids));
        Put(folder, "tokenizer.json", Whole(words, merges, ids));
        return (ids, vocabulary.Count + added.Length);
    }

    private void Count(string word, long times)
    {
        string written = string.Concat(Encoding.UTF8.GetBytes(word).Select(value => ByteAlphabet.Characters[value]));
        counts[written] = counts.GetValueOrDefault(written) + times;
    }

    private List<(string Left, string Right)> Merges(int most)
    {
        (List<string> Parts, long Count)[] words = [.. counts.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => (item.Key.Select(character => character.ToString()).ToList(), item.Value))];
        var merges = new List<(string Left, string Right)>();
        while (merges.Count < most)
        {
            var pairs = new Dictionary<(string Left, string Right), long>();
            foreach ((List<string> parts, long count) in words)
            {
                for (int i = 1; i < parts.Count; i++)
                {
                    (string, string) pair = (parts[i - 1], parts[i]);
                    pairs[pair] = pairs.GetValueOrDefault(pair) + count;
                }
            }

            if (pairs.Count == 0)
            {
                break;
            }

            long often = pairs.Values.Max();
            (string Left, string Right) best = pairs.Where(item => item.Value == often).Select(item => item.Key).OrderBy(pair => pair.Left, StringComparer.Ordinal).ThenBy(pair => pair.Right, StringComparer.Ordinal).First();
            merges.Add(best);
            foreach ((List<string> parts, _) in words)
            {
                for (int i = 1; i < parts.Count; i++)
                {
                    if (parts[i - 1] == best.Left && parts[i] == best.Right)
                    {
                        parts[i - 1] += parts[i];
                        parts.RemoveAt(i);
                    }
                }
            }
        }

        return merges;
    }

    private static JsonObject Config(Dictionary<string, int> ids)
    {
        var config = new JsonObject
        {
            ["add_prefix_space"] = false,
            ["added_tokens_decoder"] = new JsonObject(ids.Select(item => KeyValuePair.Create<string, JsonNode?>(item.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), Token(item.Key)))),
            ["additional_special_tokens"] = List(SpecialTokens[1..]),
            ["eos_token"] = "<|im_end|>",
            ["pad_token"] = "<|endoftext|>",
            ["bos_token"] = null,
            ["unk_token"] = null,
            ["errors"] = "replace",
            ["clean_up_tokenization_spaces"] = false,
            ["split_special_tokens"] = false,
            ["model_max_length"] = BaseShape.MaxPositions,
        };
        foreach ((string role, string token) in Roles)
        {
            config[role] = token;
        }

        config["extra_special_tokens"] = new JsonObject(Roles.Select(item => KeyValuePair.Create<string, JsonNode?>(item.Role, item.Token)));
        config["chat_template"] = Template;
        config["tokenizer_class"] = "Qwen2Tokenizer";
        return config;
    }

    private static JsonObject Whole(JsonObject words, List<(string Left, string Right)> merges, Dictionary<string, int> ids) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. ids.Select(item =>
        {
            JsonObject token = Token(item.Key);
            token.Insert(0, "id", item.Value);
            return token;
        })]),
        ["normalizer"] = new JsonObject { ["type"] = "NFC" },
        ["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = TokenizerFiles.Pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = false }),
        },
        ["post_processor"] = null,
        ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = false,
            ["byte_fallback"] = false,
            ["ignore_merges"] = false,
            ["vocab"] = words.DeepClone(),
            ["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray(merge.Left, merge.Right))]),
        },
    };

    private static JsonObject Token(string content) => new()
    {
        ["content"] = content,
        ["lstrip"] = false,
        ["normalized"] = false,
        ["rstrip"] = false,
        ["single_word"] = false,
        ["special"] = SpecialTokens.Contains(content),
    };

    private static JsonArray List(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static void Put(string folder, string name, JsonObject content) =>
        DurableFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(content.ToJsonString(Json) + "\n")));
}

namespace CrabStudio.Tasks.AvUie;

/// <summary>What a sample's answer is scored against. What an entry does not say is null or empty.</summary>
/// <param name="Label">
/// The class, the answer or the object: the word of <see cref="AvUieFields.Label"/>; of avqa_thu the option that the answer's
/// number names; of ref_avs <c>true</c> or <c>false</c>.
/// </param>
/// <param name="Events">Events of ave (from its fields), unav and avvp (from the target text, or avvp's field <c>event</c>).</param>
/// <param name="Box">The box of arig's test list, in pixels of the 224×224 frame.</param>
/// <param name="FrameIndex">Which frame and window, for s4, ms3, ref_avs and arig.</param>
/// <param name="QuestionType">The type of question of avqa and avqa_thu, as written.</param>
/// <param name="Options">The options of avqa_thu.</param>
/// <param name="Subset">The part of ref_avs's test list: test_s, test_u or test_n.</param>
/// <param name="MediaId">The clip's name in its data set, where there is one.</param>
public sealed record AvUieReference(
    string? Label,
    IReadOnlyList<AnswerEvent> Events,
    AnswerBox? Box,
    int? FrameIndex,
    string? QuestionType,
    IReadOnlyList<string> Options,
    string? Subset,
    string? MediaId);

/// <summary>One sample as the authors' loaders make it of an entry: what is asked, what is trained on, what is expected.</summary>
/// <param name="Entry">The entry it was made of.</param>
/// <param name="Prompt">What is said to the model; the chat template and the placeholders are the model's part.</param>
/// <param name="Target">
/// The text that is trained on: it follows the prompt, and <c>&lt;|im_end|&gt;</c> and a line break follow it. Null where a test
/// list does not have it.
/// </param>
/// <param name="Expected">What the authors' test loader notes as the answer; null in training.</param>
/// <param name="Reference">What the answer is scored against.</param>
public sealed record AvUieSample(AvUieEntry Entry, Conversation Prompt, string? Target, string? Expected, AvUieReference Reference)
{
    /// <summary>The task key.</summary>
    public string Key => Entry.Key;

    /// <summary>The place in the list, from 0.</summary>
    public int Index => Entry.Index;

    /// <summary><c>key:index</c>, as an order of training names it.</summary>
    public string Id => FormattableString.Invariant($"{Key}:{Index}");
}

using CrabStudio.Tasks;

namespace CrabStudio.Training;

/// <summary>One thing to learn: a conversation, and what the model should say to it.</summary>
/// <param name="Name">How log and messages call it, e.g. <c>ave:17</c>.</param>
/// <param name="Conversation">What is asked, with the paths of its media.</param>
/// <param name="Target">The answer, without the token that ends it.</param>
/// <param name="Given">The beginning of the answer that is given and not learnt; empty, or followed by a space.</param>
public sealed record TrainingSample(string Name, Conversation Conversation, string Target, string Given = "");

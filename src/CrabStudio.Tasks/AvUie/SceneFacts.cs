namespace CrabStudio.Tasks.AvUie;

/// <summary>An object in the frame that a question is about.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Box">Where, in pixels of the 224×224 frame.</param>
/// <param name="Points">Points on it; when none are given, three are taken on the box's middle row.</param>
/// <param name="IsSounding">Whether the sound is its.</param>
public sealed record SceneObject(string Label, AnswerBox Box, IReadOnlyList<AnswerPoint> Points, bool IsSounding)
{
    /// <summary>How large it is, in a word; null: nothing is said of it.</summary>
    public string? Size { get; init; }
}

/// <summary>A description of an object, and what decides whether it is there.</summary>
/// <param name="Words">The description.</param>
/// <param name="Label">What the object would be; it may be among those in the frame though it does not fit.</param>
/// <param name="Wanted">The place or size that is asked for; null: none.</param>
/// <param name="Found">The place or size of the object of that label.</param>
public sealed record SceneDescription(string Words, string Label, string? Wanted = null, string? Found = null);

/// <summary>What is true of a clip, from which the answer of any task is put into words.</summary>
public sealed record SceneFacts
{
    /// <summary>What is heard and seen, and when.</summary>
    public IReadOnlyList<AnswerEvent> Events { get; init; } = [];

    /// <summary>What stands where in the frame.</summary>
    public IReadOnlyList<SceneObject> Objects { get; init; } = [];

    /// <summary>Sentences about what is heard and seen, for what events and objects do not say; empty where there are none.</summary>
    public string Evidence { get; init; } = "";

    /// <summary>The answer of a question, an action or an emotion; of a2v and v2a <c>one</c> or <c>two</c>.</summary>
    public string? Answer { get; init; }

    /// <summary>The description of a whole clip.</summary>
    public string? Caption { get; init; }

    /// <summary>Of ref_avs: the object that is described, or null when it is not there.</summary>
    public SceneObject? Described { get; init; }

    /// <summary>Of ref_avs: what the description asks for, so that the answer can weigh it; null: the answer only concludes.</summary>
    public SceneDescription? Description { get; init; }

    /// <summary>Of a2v and v2a: what the one sound (the one video) is, and what the first and the second of the others are.</summary>
    public (string One, string First, string Second)? Match { get; init; }
}

namespace CrabStudio.World;

/// <summary>The world cannot be rendered. The message is one line for a person: what, found, expected, what to do.</summary>
public sealed class WorldException(string message, Exception? inner = null) : Exception(message, inner);

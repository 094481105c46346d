namespace CrabStudio.Model;

/// <summary>
/// A checkpoint, configuration, tokenizer or adapter cannot be used. <see cref="Exception.Message"/> is one line for a
/// person: which file, what was found, what was expected, what to do.
/// </summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);

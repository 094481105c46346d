namespace CrabStudio.Engine.Evaluation;

/// <summary>An evaluation or a comparison cannot go on. The message is one line for a person.</summary>
/// <param name="message">What was found, what was expected, what to do.</param>
/// <param name="inner">What caused it.</param>
public sealed class EvaluationException(string message, Exception? inner = null) : Exception(message, inner);

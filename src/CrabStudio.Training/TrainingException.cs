namespace CrabStudio.Training;

/// <summary>Training cannot begin or go on. <see cref="Exception.Message"/> is one line for a person: what was found, what was expected, what to do, and what is kept.</summary>
public sealed class TrainingException(string message, Exception? inner = null) : Exception(message, inner);

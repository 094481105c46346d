namespace CrabStudio.Web;

/// <summary>The studio cannot start. <see cref="Exception.Message"/> is one line for a person: what, found, expected, what to do.</summary>
public sealed class StudioStartException(string message, Exception? inner = null) : Exception(message, inner);

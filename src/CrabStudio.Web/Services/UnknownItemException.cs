namespace CrabStudio.Web.Services;

/// <summary>There is nothing with this id. The message is one line for a person.</summary>
/// <param name="what">The kind of thing: clip, session, answer.</param>
/// <param name="id">The id.</param>
public sealed class UnknownItemException(string what, string id) : Exception($"There is no {what} {id}. It may have been deleted.")
{
    /// <summary>For things known by a <see cref="Guid"/>.</summary>
    public UnknownItemException(string what, Guid id) : this(what, id.ToString())
    {
    }
}

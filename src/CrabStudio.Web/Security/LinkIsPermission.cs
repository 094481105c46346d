namespace CrabStudio.Web.Security;

/// <summary>Says of an endpoint that whoever has the address may read it: the address holds a secret, and the endpoint itself looks whether it is a good one.</summary>
public sealed class LinkIsPermission
{
    /// <summary>The one.</summary>
    public static LinkIsPermission Instance { get; } = new();
}

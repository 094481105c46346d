using System.Net;
using Microsoft.AspNetCore.Http;

namespace CrabStudio.Web;

/// <summary>Where a studio listens, and by which names it is called therefore.</summary>
/// <param name="Names">Host names and addresses.</param>
/// <param name="Everywhere">It listens on all addresses of the machine.</param>
internal sealed record ListenAddresses(IReadOnlySet<string> Names, bool Everywhere)
{
    /// <summary>Reads the addresses, and refuses what is open to others without a key.</summary>
    /// <exception cref="StudioStartException">They cannot be read, or others could reach the studio without a key.</exception>
    public static ListenAddresses Of(StudioOptions options)
    {
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "::1" };
        names.UnionWith(options.AllowedHosts.Select(host => host.Trim().Trim('[', ']')));
        bool everywhere = false;
        string[] urls = options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (urls.Length == 0)
        {
            throw new StudioStartException("No address to listen on was given. Give one with --urls, for example --urls http://127.0.0.1:5187.");
        }

        if (options.AccessKey is not null && string.IsNullOrWhiteSpace(options.AccessKey))
        {
            throw new StudioStartException("The access key is empty. Choose one with --access-key that others cannot guess.");
        }

        foreach (string url in urls)
        {
            string host = Read(url).Host.Trim('[', ']');
            bool all = host is "+" or "*" || (IPAddress.TryParse(host, out IPAddress? any) && (any.Equals(IPAddress.Any) || any.Equals(IPAddress.IPv6Any)));
            bool mine = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
            if (!mine && options.AccessKey is null)
            {
                throw new StudioStartException($"{url} can be reached by other machines, so the studio needs a key there, or anybody in the network could see and delete what it holds. Choose a key with --access-key, or listen on http://127.0.0.1 only.");
            }

            everywhere |= all;
            names.Add(all ? Dns.GetHostName() : host);
        }

        return new ListenAddresses(names, everywhere);
    }

    private static BindingAddress Read(string url)
    {
        try
        {
            BindingAddress address = BindingAddress.Parse(url);
            return address is { Scheme: "http" or "https", IsUnixPipe: false } ? address : throw new FormatException();
        }
        catch (FormatException failure)
        {
            throw new StudioStartException($"“{url}” is no address to listen on. Give one like http://127.0.0.1:5187 with --urls.", failure);
        }
    }
}

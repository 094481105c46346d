using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CrabStudio.Browser;

/// <summary>A wire between browser and studio that is slow towards the studio, and that can be cut and mended.</summary>
internal sealed class LooseWire : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> ends = new();
    private readonly int bytesPerSecond;
    private readonly Task accepting;
    private volatile int studioPort;

    public LooseWire(int studioPort, int bytesPerSecond)
    {
        (this.studioPort, this.bytesPerSecond) = (studioPort, bytesPerSecond);
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>Where the browser finds the studio, without a slash at the end.</summary>
    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Ends every connection and lets no new one through.</summary>
    public void Cut()
    {
        studioPort = 0;
        foreach (TcpClient end in ends.Keys)
        {
            end.Close();
        }
    }

    /// <summary>Lets connections through again.</summary>
    public void Mend(int port) => studioPort = port;

    public async ValueTask DisposeAsync()
    {
        Cut();
        listener.Stop();
        await accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = JoinAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task JoinAsync(TcpClient browser)
    {
        using TcpClient studio = new();
        ends[browser] = ends[studio] = true;
        try
        {
            if (studioPort is not 0 and var port)
            {
                await studio.ConnectAsync(IPAddress.Loopback, port);
                await Task.WhenAny(PumpAsync(browser, studio, bytesPerSecond), PumpAsync(studio, browser, int.MaxValue));
            }
        }
        catch (Exception broken) when (broken is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
        finally
        {
            browser.Close();
            ends.TryRemove(browser, out _);
            ends.TryRemove(studio, out _);
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to, int bytesPerSecond)
    {
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await from.GetStream().ReadAsync(buffer)) > 0)
        {
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            if (read == buffer.Length && bytesPerSecond < int.MaxValue)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)read / bytesPerSecond));
            }
        }
    }
}

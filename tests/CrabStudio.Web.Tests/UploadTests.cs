using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Services;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests;

public sealed class UploadTests : IAsyncLifetime
{
    private readonly byte[] clip = File.ReadAllBytes(Studio.Media("clip_short.mp4"));
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync(change: options => options with { Limits = new MediaLimits { MaxBytes = 4 << 20 } });

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task AnUploadThatLosesItsConnectionGoesOnFromTheByteWhereItStopped()
    {
        Uri place = await BeginAsync(clip.Length, "über den Fluß.mp4");
        Assert.Equal(new Place(0, clip.Length, null), await LookAsync(place));
        using (TcpClient browser = await PatchHalfAsync(place, 0, 3000))
        {
            await UntilAsync(async () => (await LookAsync(place))!.Offset == 3000);
        }

        using HttpResponseMessage rest = await PatchAsync(place, 3000, clip[3000..]);
        Assert.Equal(HttpStatusCode.NoContent, rest.StatusCode);
        Assert.Equal(clip.Length.ToString(CultureInfo.InvariantCulture), Header(rest, "Upload-Offset"));
        ClipShape made = await studio.GetAsync<ClipShape>($"/api/clips/{Header(rest, "Clip-Id")}");
        Assert.Equal(("über den Fluß.mp4", Convert.ToHexStringLower(SHA256.HashData(clip))), (made.FileName, made.Sha256));

        // Who lost the last answer may ask again.
        Assert.Equal(new Place(clip.Length, clip.Length, made.Id), await LookAsync(place));
        Assert.Empty(Directory.GetFiles(Shelf, "*.data"));
    }

    [Fact]
    public async Task AnUploadGoesOnAfterARestartAndTheSameContentIsStoredOnce()
    {
        string folder = Studio.NewFolder();
        string path;
        await using (Studio first = await Studio.StartAsync(folder))
        {
            Uri place = await BeginAsync(clip.Length, "clip.mp4", first);
            path = place.AbsolutePath;
            using HttpResponseMessage half = await PatchAsync(place, 0, clip[..2000], first);
            Assert.Equal("2000", Header(half, "Upload-Offset"));
        }

        await using (Studio second = await Studio.StartAsync(folder))
        {
            Uri place = new(second.Http.BaseAddress!, path);
            Assert.Equal(new Place(2000, clip.Length, null), await LookAsync(place, second));
            using HttpResponseMessage rest = await PatchAsync(place, 2000, clip[2000..], second);
            Uri again = await BeginAsync(clip.Length, "clip.mp4", second), renamed = await BeginAsync(clip.Length, "other.mp4", second);
            using HttpResponseMessage twice = await PatchAsync(again, 0, clip, second), thrice = await PatchAsync(renamed, 0, clip, second);
            Assert.Equal(Header(rest, "Clip-Id"), Header(twice, "Clip-Id"));
            Assert.NotEqual(Header(rest, "Clip-Id"), Header(thrice, "Clip-Id"));
            Assert.Single(Directory.GetDirectories(Path.Combine(folder, "clips")));
            Assert.Empty(Directory.GetFiles(Path.Combine(folder, "uploads"), "*.data"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task AWholeUploadWhoseStudioEndedBecomesAClipWhenItIsLookedAt()
    {
        Uri place = await BeginAsync(clip.Length, "clip.mp4");
        await File.WriteAllBytesAsync(Path.Combine(Shelf, Guid.Parse(place.Segments[^1]).ToString("N") + ".data"), clip);
        Guid made = (await LookAsync(place))!.Clip!.Value;
        Assert.Equal(clip.Length, (await studio.GetAsync<ClipShape>($"/api/clips/{made}")).Bytes);
    }

    [Fact]
    public async Task ASenderThatComesBackTakesOverFromItsOwnDeadConnection()
    {
        Uri place = await BeginAsync(clip.Length, "clip.mp4");
        using TcpClient dead = await PatchHalfAsync(place, 0, 2000);
        await UntilAsync(async () => (await LookAsync(place))!.Offset == 2000);
        using HttpResponseMessage rest = await PatchAsync(place, 2000, clip[2000..]);
        Assert.Equal(HttpStatusCode.NoContent, rest.StatusCode);
        Assert.NotNull(Header(rest, "Clip-Id"));
    }

    [Fact]
    public async Task WhatBreaksTheProtocolIsRefusedInOneLineAndChangesNothing()
    {
        Uri place = await BeginAsync(1000, "clip.mp4");
        using HttpResponseMessage wrong = await PatchAsync(place, 10, clip[..10]);
        await RefusedAsync(wrong, HttpStatusCode.Conflict, "goes on at byte 0, not at 10");
        using HttpResponseMessage more = await PatchAsync(place, 0, clip[..1001]);
        await RefusedAsync(more, HttpStatusCode.RequestEntityTooLarge, "the 1000 bytes that were announced");
        using HttpRequestMessage typed = Patch(place, 0, clip[..10]);
        typed.Content!.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        using HttpResponseMessage type = await studio.Http.SendAsync(typed);
        await RefusedAsync(type, HttpStatusCode.UnsupportedMediaType, "application/offset+octet-stream");
        using HttpRequestMessage versionless = new(HttpMethod.Head, place);
        using HttpResponseMessage version = await studio.Http.SendAsync(versionless);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "1.0.0"), (version.StatusCode, Header(version, "Tus-Version")));
        Assert.Null(await LookAsync(new Uri(place, Guid.NewGuid().ToString())));
        using HttpResponseMessage unknown = await PatchAsync(new Uri(place, Guid.NewGuid().ToString()), 0, clip[..10]);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        foreach ((string length, HttpStatusCode status, string says) in new[] { ("4194305", HttpStatusCode.RequestEntityTooLarge, "4 MiB"), ("0", HttpStatusCode.BadRequest, "empty"), ("-1", HttpStatusCode.BadRequest, "Upload-Length"), ("99999999999999999999", HttpStatusCode.BadRequest, "Upload-Length"), ("", HttpStatusCode.BadRequest, "Upload-Length") })
        {
            using HttpResponseMessage refused = await BeginAsync(length, "clip.mp4");
            await RefusedAsync(refused, status, says);
        }

        using HttpRequestMessage options = new(HttpMethod.Options, "/api/uploads");
        using HttpResponseMessage told = await studio.Http.SendAsync(options);
        Assert.Equal(("1.0.0", "creation,expiration,termination", "4194304"), (Header(told, "Tus-Version"), Header(told, "Tus-Extension"), Header(told, "Tus-Max-Size")));
        Assert.Single(Directory.GetFiles(Shelf, "*.data"));
    }

    [Fact]
    public async Task AHostileFileIsRefusedByItsOwnNameAndLeavesNothing()
    {
        byte[] hostile = File.ReadAllBytes(Golden.Find("hostile/media/text-html.mp4"));
        Uri place = await BeginAsync(hostile.Length, "../../evil.mp4");
        using HttpResponseMessage refused = await PatchAsync(place, 0, hostile);
        await RefusedAsync(refused, HttpStatusCode.BadRequest, "evil.mp4: ");
        Assert.Null(await LookAsync(place));
        Assert.Empty(Directory.GetFiles(Shelf));
        Assert.Empty(Directory.GetDirectories(Path.Combine(studio.Folder, "clips")));
    }

    [Fact]
    public async Task UnfinishedUploadsAreBoundedCancelledAndThrownAwayAfterSevenDays()
    {
        List<Uri> places = [];
        for (int i = 0; i < UploadShelf.MostUnfinished; i++)
        {
            places.Add(await BeginAsync(1000, $"{i}.mp4"));
        }

        using HttpResponseMessage many = await BeginAsync("1000", "one more.mp4");
        await RefusedAsync(many, HttpStatusCode.InsufficientStorage, "32 uploads that are not finished");
        using HttpRequestMessage cancel = new(HttpMethod.Delete, places[0]) { Headers = { { "Tus-Resumable", "1.0.0" } } };
        Assert.Equal(HttpStatusCode.NoContent, (await studio.Http.SendAsync(cancel)).StatusCode);
        Assert.Null(await LookAsync(places[0]));

        // What was promised counts, not what has come: 31 × 1000 bytes and four of the largest are more than four of the largest.
        using HttpResponseMessage one = await BeginAsync((4 << 20).ToString(CultureInfo.InvariantCulture), "large.mp4");
        Assert.Equal(HttpStatusCode.Created, one.StatusCode);
        string[] old = [.. places.Skip(1).Take(20).Select(place => Path.Combine(Shelf, Guid.Parse(place.Segments[^1]).ToString("N") + ".data"))];
        foreach (string file in old)
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - UploadShelf.Life - TimeSpan.FromMinutes(1));
        }

        studio.App.Services.GetRequiredService<UploadShelf>().Sweep();
        Assert.Equal(12, Directory.GetFiles(Shelf, "*.json").Length);
        Assert.All(old, file => Assert.False(File.Exists(file)));
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage large = await BeginAsync((4 << 20).ToString(CultureInfo.InvariantCulture), "large.mp4");
            Assert.Equal(HttpStatusCode.Created, large.StatusCode);
        }

        using HttpResponseMessage full = await BeginAsync((4 << 20).ToString(CultureInfo.InvariantCulture), "large.mp4");
        await RefusedAsync(full, HttpStatusCode.InsufficientStorage, "not finished");
    }

    /// <summary>The largest clip that is taken. Minutes of disk and processor, so it runs when it is asked for (<c>-explicit only</c>).</summary>
    [Fact(Explicit = true)]
    public async Task TwoGibibytesSurviveTwoLostConnectionsAndARestartInLittleMemory()
    {
        string folder = Studio.NewFolder();
        long length = new MediaLimits().MaxBytes, before = Resident("VmRSS");
        Stopwatch watch = Stopwatch.StartNew();
        if (OperatingSystem.IsLinux())
        {
            // From here on the peak is this upload's.
            await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        }

        string path;
        await using (Studio first = await Studio.StartAsync(folder))
        {
            Uri place = await BeginAsync(length, "large.mp4", first);
            path = place.AbsolutePath;
            long at = 0;
            foreach (long until in new[] { length / 3, length * 2 / 3 })
            {
                using (TcpClient browser = new())
                {
                    await browser.ConnectAsync(IPAddress.Loopback, place.Port);
                    await browser.GetStream().WriteAsync(PatchHead(place, at, length - at));
                    using LargeClip content = new(clip, length) { Position = at };
                    byte[] piece = new byte[1 << 16];
                    while (content.Position < until)
                    {
                        await browser.GetStream().WriteAsync(piece.AsMemory(0, content.Read(piece)));
                    }
                }

                for (long last = -1; at != last; await Task.Delay(250))
                {
                    (last, at) = (at, (await LookAsync(place, first))!.Offset);
                }

                // What was on its way when the connection broke is lost, and no more.
                Assert.InRange(at, until - (16 << 20), until + (1 << 16));
            }
        }

        await using (Studio second = await Studio.StartAsync(folder))
        {
            second.Http.Timeout = Timeout.InfiniteTimeSpan;
            Uri place = new(second.Http.BaseAddress!, path);
            long at = (await LookAsync(place, second))!.Offset;
            using LargeClip rest = new(clip, length) { Position = at };
            using HttpRequestMessage request = new(HttpMethod.Patch, place) { Content = new StreamContent(rest, 1 << 16), Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Offset", at.ToString(CultureInfo.InvariantCulture) } } };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
            using HttpResponseMessage response = await second.Http.SendAsync(request);
            Assert.Equal((HttpStatusCode.NoContent, length.ToString(CultureInfo.InvariantCulture)), (response.StatusCode, Header(response, "Upload-Offset")));
            double seconds = watch.Elapsed.TotalSeconds;
            long peak = Resident("VmHWM");
            ClipShape made = await second.GetAsync<ClipShape>($"/api/clips/{Header(response, "Clip-Id")}");
            using LargeClip whole = new(clip, length);
            Assert.Equal((length, Convert.ToHexStringLower(await SHA256.HashDataAsync(whole))), (made.Bytes, made.Sha256));
            string line = string.Create(CultureInfo.InvariantCulture, $"upload of {length:#,0} bytes by tus, two lost connections and a restart: {seconds:0.0} s; the process with server and sender held {before / 1e6:0} MB before, {peak / 1e6:0} MB at most");
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            Console.WriteLine(line);
            Assert.True(peak - before < 256_000_000, line);
        }

        Directory.Delete(folder, recursive: true);
    }

    // Bytes that this process holds, or held at most.
    private static long Resident(string what) => OperatingSystem.IsLinux()
        ? 1024 * long.Parse(File.ReadLines("/proc/self/status").Single(line => line.StartsWith(what + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture)
        : what == "VmHWM" ? Process.GetCurrentProcess().PeakWorkingSet64 : Process.GetCurrentProcess().WorkingSet64;

    private string Shelf => Path.Combine(studio.Folder, "uploads");

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;

    private static HttpRequestMessage Patch(Uri place, long offset, byte[] bytes)
    {
        HttpRequestMessage request = new(HttpMethod.Patch, place) { Content = new ByteArrayContent(bytes), Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Offset", offset.ToString(CultureInfo.InvariantCulture) } } };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return request;
    }

    private async Task<HttpResponseMessage> PatchAsync(Uri place, long offset, byte[] bytes, Studio? at = null)
    {
        using HttpRequestMessage request = Patch(place, offset, bytes);
        return await (at ?? studio).Http.SendAsync(request);
    }

    private async Task<HttpResponseMessage> BeginAsync(string length, string name, Studio? at = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/uploads") { Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Metadata", $"filename {Convert.ToBase64String(Encoding.UTF8.GetBytes(name))},filetype dmlkZW8vbXA0" } } };
        request.Headers.TryAddWithoutValidation("Upload-Length", length);
        return await (at ?? studio).Http.SendAsync(request);
    }

    private async Task<Uri> BeginAsync(long length, string name, Studio? at = null)
    {
        using HttpResponseMessage response = await BeginAsync(length.ToString(CultureInfo.InvariantCulture), name, at);
        Assert.Equal((HttpStatusCode.Created, "1.0.0"), (response.StatusCode, Header(response, "Tus-Resumable")));
        Assert.InRange(DateTimeOffset.Parse(Header(response, "Upload-Expires")!, CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow, TimeSpan.FromDays(6.9), TimeSpan.FromDays(7.1));
        return new Uri((at ?? studio).Http.BaseAddress!, response.Headers.Location!);
    }

    private async Task<Place?> LookAsync(Uri place, Studio? at = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Head, place) { Headers = { { "Tus-Resumable", "1.0.0" } } };
        using HttpResponseMessage response = await (at ?? studio).Http.SendAsync(request);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        Assert.Equal((HttpStatusCode.OK, "no-store"), (response.StatusCode, response.Headers.CacheControl?.ToString()));
        return new Place(
            long.Parse(Header(response, "Upload-Offset")!, CultureInfo.InvariantCulture),
            long.Parse(Header(response, "Upload-Length")!, CultureInfo.InvariantCulture),
            Header(response, "Clip-Id") is { } id ? Guid.Parse(id) : null);
    }

    private static byte[] PatchHead(Uri place, long offset, long rest) =>
        Encoding.ASCII.GetBytes($"PATCH {place.AbsolutePath} HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {rest}\r\n\r\n");

    // Announces the rest of the clip and sends only a part of it.
    private async Task<TcpClient> PatchHalfAsync(Uri place, int offset, int bytes)
    {
        TcpClient browser = new();
        await browser.ConnectAsync(IPAddress.Loopback, place.Port);
        await browser.GetStream().WriteAsync(PatchHead(place, offset, clip.Length - offset));
        await browser.GetStream().WriteAsync(clip.AsMemory(offset, bytes));
        return browser;
    }

    private static async Task RefusedAsync(HttpResponseMessage response, HttpStatusCode status, string says)
    {
        Assert.Equal(status, response.StatusCode);
        string detail = (await Studio.ReadAsync<JsonElement>(response)).GetProperty("detail").GetString()!;
        Assert.Contains(says, detail);
        Assert.DoesNotContain('\n', detail);
    }

    private sealed record Place(long Offset, long Length, Guid? Clip);

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(10); !await holds(); await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < end, "It did not come to that within 10 s.");
        }
    }

    /// <summary>A clip with a box behind it that players pass over, as long as it shall be; made while it is read, from any place on.</summary>
    private sealed class LargeClip : Stream
    {
        private readonly byte[] head;

        public LargeClip(byte[] clip, long length)
        {
            head = [.. clip, 0, 0, 0, 0, .. "free"u8];
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(clip.Length), checked((uint)(length - clip.Length)));
            Length = length;
        }

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length { get; }

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, Length - Position);
            if (Position < head.Length)
            {
                count = Math.Min(count, head.Length - (int)Position);
                head.AsSpan((int)Position, count).CopyTo(buffer);
            }
            else
            {
                for (int place = 0; place < count; place++)
                {
                    long at = Position + place;
                    buffer[place] = (byte)(at ^ (at >> 8) ^ (at >> 16));
                }
            }

            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

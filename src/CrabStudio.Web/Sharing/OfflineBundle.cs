using System.Buffers;
using System.Text;
using CrabStudio.Media;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Sharing;

/// <summary>What an offline file will hold, told before it is made.</summary>
/// <param name="Bytes">Its size; with <paramref name="Exact"/> false: at most.</param>
/// <param name="Exact">Whether nothing must be made smaller for it first.</param>
/// <param name="Clips">What becomes of each clip.</param>
public sealed record BundleFacts(long Bytes, bool Exact, IReadOnlyList<BundleClip> Clips);

/// <summary>What becomes of a clip in an offline file.</summary>
/// <param name="Name">The clip.</param>
/// <param name="Bytes">What it takes of the file before its letters are counted (base64 adds a third); 0: it is left out.</param>
/// <param name="Word">That it is a smaller copy, or why it is left out; null: it is there as it is played in the studio.</param>
public sealed record BundleClip(string Name, long Bytes, string? Word);

/// <summary>The answer is still growing, so there is no whole to take along.</summary>
public sealed class UnfinishedAnswerException() : Exception("This answer is still growing. Wait for its end, or stop it, and take it along then.");

/// <summary>Bounds of an offline file, in bytes of clips.</summary>
internal sealed record BundleLimits
{
    /// <summary>Largest clip that goes in as it is; a larger one is made smaller.</summary>
    public long Whole { get; init; } = 50_000_000;

    /// <summary>What a smaller copy is aimed at.</summary>
    public long Small { get; init; } = 40_000_000;

    /// <summary>All clips together; those beyond are left out.</summary>
    public long Together { get; init; } = 200_000_000;
}

/// <summary>
/// Writes an answer with all that belongs to it as one HTML file that opens from disk, without a studio and without a network.
/// However large the clips are, little memory is used. It speaks the language that is spoken while it is made.
/// </summary>
public sealed class OfflineBundle(DataFolder folder, ClipLibrary library)
{
    private static readonly IStringLocalizer<Words> L = StudioLanguages.Spoken;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DataFolder folder = folder;
    private readonly ClipLibrary library = library;

    // One at a time: the machine is needed for the model too.
    private readonly SemaphoreSlim making = new(1);
    private readonly SharedViewReader reader = new(folder);

    /// <summary>Bounds.</summary>
    internal BundleLimits Limits { get; init; } = new();

    /// <summary>What the file will hold, and its size.</summary>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    /// <exception cref="UnfinishedAnswerException">It has not ended.</exception>
    public async Task<BundleFacts> DescribeAsync(Guid answerId, CancellationToken cancellation)
    {
        Prepared prepared = await PrepareAsync(answerId, make: false, cancellation);
        return new BundleFacts(prepared.Bytes, prepared.Files.Exact, prepared.Files.Clips);
    }

    /// <summary>Makes ready what the file needs: a large clip is made smaller now, which may take minutes.</summary>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    /// <exception cref="UnfinishedAnswerException">It has not ended.</exception>
    internal async Task<Prepared> PrepareAsync(Guid answerId, bool make, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        Answer answer = await database.Answers.AsNoTracking().FirstOrDefaultAsync(one => one.Id == answerId, cancellation) ?? throw new UnknownItemException("answer", answerId);
        if (answer.Status is AnswerStatus.Queued or AnswerStatus.Running)
        {
            throw new UnfinishedAnswerException();
        }

        Parts files = new(this, make);
        SharedView view = await reader.ReadAsync(answer.SessionId, answerId, offline: true, files, cancellation) ?? throw new UnknownItemException("answer", answerId);
        return new Prepared(view.Title, ViewerPage.Beginning(view), files);
    }

    /// <summary>Writes the file to a path.</summary>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    /// <exception cref="UnfinishedAnswerException">It has not ended.</exception>
    public async Task<BundleFacts> SaveAsync(Guid answerId, string path, CancellationToken cancellation)
    {
        Prepared prepared = await PrepareAsync(answerId, make: true, cancellation);
        string part = path + ".part";
        try
        {
            await using (FileStream file = new(part, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true))
            {
                await prepared.WriteAsync(file, cancellation);
            }

            File.Move(part, path);
        }
        finally
        {
            File.Delete(part);
        }

        return new BundleFacts(prepared.Bytes, Exact: true, prepared.Files.Clips);
    }

    private async Task<string> SmallAsync(Clip clip, ClipProbe probe, CancellationToken cancellation)
    {
        string target = Path.Combine(folder.Content(clip.Sha256), SmallCopy.Name);
        await making.WaitAsync(cancellation);
        try
        {
            if (!File.Exists(target))
            {
                await library.MakeSmallAsync(clip, probe, target, Limits.Small, cancellation);
            }

            return target;
        }
        finally
        {
            making.Release();
        }
    }

    /// <summary>A file that is ready to be written.</summary>
    /// <param name="Title">Name of the session.</param>
    /// <param name="Beginning">The page up to its parts.</param>
    /// <param name="Files">Its parts.</param>
    internal sealed record Prepared(string Title, string Beginning, Parts Files)
    {
        /// <summary>Its size.</summary>
        public long Bytes => Encoding.UTF8.GetByteCount(Beginning) + Encoding.UTF8.GetByteCount(ViewerPage.End)
            + Files.All.Select((part, index) => ViewerPage.PartBeginning(index).Length + ViewerPage.PartEnd.Length + ((part.Bytes + 2) / 3 * 4)).Sum();

        /// <summary>Writes it.</summary>
        public async Task WriteAsync(Stream target, CancellationToken cancellation)
        {
            await target.WriteAsync(Encoding.UTF8.GetBytes(Beginning), cancellation);
            for (int index = 0; index < Files.All.Count; index++)
            {
                await target.WriteAsync(Encoding.UTF8.GetBytes(ViewerPage.PartBeginning(index)), cancellation);
                await EncodeAsync(Files.All[index].Path, target, cancellation);
                await target.WriteAsync(Encoding.UTF8.GetBytes(ViewerPage.PartEnd), cancellation);
            }

            await target.WriteAsync(Encoding.UTF8.GetBytes(ViewerPage.End), cancellation);
        }

        private static async Task EncodeAsync(string path, Stream target, CancellationToken cancellation)
        {
            // A multiple of three, so that no piece but the last one is filled up.
            const int Piece = 3 << 15;
            byte[] bytes = ArrayPool<byte>.Shared.Rent(Piece), letters = ArrayPool<byte>.Shared.Rent(Piece / 3 * 4);
            try
            {
                await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, useAsync: true);
                int read;
                while ((read = await file.ReadAtLeastAsync(bytes.AsMemory(0, Piece), Piece, throwOnEndOfStream: false, cancellation)) > 0)
                {
                    System.Buffers.Text.Base64.EncodeToUtf8(bytes.AsSpan(0, read), letters, out _, out int written);
                    await target.WriteAsync(letters.AsMemory(0, written), cancellation);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(bytes);
                ArrayPool<byte>.Shared.Return(letters);
            }
        }
    }

    /// <summary>A part of the page.</summary>
    internal sealed record Part(string Path, long Bytes);

    /// <summary>The files that go into the page.</summary>
    internal sealed class Parts(OfflineBundle bundle, bool make) : ViewFiles
    {
        private readonly List<Part> parts = [];
        private readonly List<BundleClip> clips = [];
        private readonly Dictionary<string, string> known = [];
        private long together;

        /// <summary>In the order in which the page numbers them.</summary>
        public IReadOnlyList<Part> All => parts;

        /// <summary>What became of the clips.</summary>
        public IReadOnlyList<BundleClip> Clips => clips;

        /// <summary>Whether all sizes are those of files that are there.</summary>
        public bool Exact { get; private set; } = true;

        public override async Task<ShownFile> ClipAsync(Clip clip, int position, CancellationToken cancellation)
        {
            if (make)
            {
                // Of a clip that was brought just now, what is shown of it may still be in the making; this comes last of it.
                await bundle.library.MadeOfAsync(clip, ClipDerivatives.WaveformName, Patience, cancellation);
            }

            (ShownFile shown, long bytes) = await ChooseAsync(clip, cancellation);
            clips.Add(new BundleClip(clip.FileName, bytes, shown.Word));
            together += bytes;
            return shown;
        }

        public override string? Poster(Clip clip, int position) => Add(System.IO.Path.Combine(bundle.folder.Content(clip.Sha256), ClipDerivatives.PosterName));

        public override string? Frame(Guid answerId, int number) => Add(SeenPictures.PathOf(bundle.folder.Answer(answerId), number));

        public override string? Answer(Guid answerId) => null;

        private async Task<(ShownFile Shown, long Bytes)> ChooseAsync(Clip clip, CancellationToken cancellation)
        {
            ClipProbe probe = clip.ReadProbe();
            (string path, string type) = await PlayedClip.OfAsync(bundle.library, clip, make ? Patience : TimeSpan.Zero, cancellation);
            string size = ClipWords.Size(new FileInfo(path).Length);
            if (known.ContainsKey(path) || new FileInfo(path).Length <= bundle.Limits.Whole)
            {
                return Keep(path, type, null);
            }

            if (probe.Kind == ClipKind.Image)
            {
                string poster = System.IO.Path.Combine(bundle.folder.Content(clip.Sha256), ClipDerivatives.PosterName);
                return File.Exists(poster) ? Keep(poster, "image/jpeg", L["A smaller copy: the picture has {0}.", size]) : Without(L["The picture is not in this file: it has {0}.", size]);
            }

            if (!SmallCopy.Fits(probe, bundle.Limits.Small))
            {
                return Without(L["This clip is not in this file: it has {0}, and with {1} it is too long to be made small enough.", size, ClipWords.Duration(probe.PlaySeconds)]);
            }

            string word = L["A smaller copy: the clip as it was brought has {0}.", ClipWords.Size(clip.Bytes)], smallType = probe.Kind == ClipKind.Audio ? "audio/mp4" : "video/mp4";
            string small = System.IO.Path.Combine(bundle.folder.Content(clip.Sha256), SmallCopy.Name);
            if (!make && !File.Exists(small))
            {
                if (known.TryGetValue(small, out string? announced))
                {
                    return (new ShownFile(announced, smallType, word), 0);
                }

                if (together + bundle.Limits.Whole > bundle.Limits.Together)
                {
                    return Full(size);
                }

                Exact = false;
                parts.Add(new Part(small, bundle.Limits.Whole));
                known[small] = $"#part-{parts.Count - 1}";
                return (new ShownFile(known[small], smallType, L["A smaller copy: the clip as it was brought has {0}. It is made first, which takes a while.", ClipWords.Size(clip.Bytes)]), bundle.Limits.Whole);
            }

            try
            {
                small = await bundle.SmallAsync(clip, probe, cancellation);
            }
            catch (MediaException failure)
            {
                return Without(L["This clip is not in this file: it has {0}, and no smaller copy could be made ({1}).", size, failure.Message]);
            }

            return new FileInfo(small).Length <= bundle.Limits.Whole ? Keep(small, smallType, word) : Without(L["This clip is not in this file: it has {0}, and its smaller copy is still too large.", size]);

            (ShownFile, long) Keep(string file, string fileType, string? remark)
            {
                // One content may be in a session twice, and is in the page once.
                long bytes = known.ContainsKey(file) ? 0 : new FileInfo(file).Length;
                return together + bytes > bundle.Limits.Together ? Full(size) : (new ShownFile(Add(file), fileType, remark), bytes);
            }

            (ShownFile, long) Full(string had) => Without(L["This clip is not in this file: with its {0} the clips would be more than {1} together.", had, ClipWords.Size(bundle.Limits.Together)]);
        }

        private static (ShownFile Shown, long Bytes) Without(string why) => (new ShownFile(null, null, why), 0);

        private string? Add(string path)
        {
            if (known.TryGetValue(path, out string? before))
            {
                return before;
            }

            if (!File.Exists(path))
            {
                return null;
            }

            parts.Add(new Part(path, new FileInfo(path).Length));
            return known[path] = $"#part-{parts.Count - 1}";
        }
    }
}

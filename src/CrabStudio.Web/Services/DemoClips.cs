using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Web.Data;
using Microsoft.Extensions.FileProviders;

namespace CrabStudio.Web.Services;

/// <summary>A question that suits a demo.</summary>
/// <param name="Task">Key of the task; empty for a free question.</param>
/// <param name="Question">The question, where the task wants one.</param>
/// <param name="Options">The options, where the task wants some.</param>
/// <param name="Description">What is looked for, where the task wants it.</param>
/// <param name="FrameIndex">Which part of the clip, where the task wants one.</param>
public sealed record DemoQuestion(string Task, string? Question = null, IReadOnlyList<string>? Options = null, string? Description = null, int? FrameIndex = null);

/// <summary>Clips that come with the studio, with questions and with what is true of them.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Title">What a person calls it.</param>
/// <param name="Description">One sentence that does not give the answer away.</param>
/// <param name="Target">The answer of its annotation to the first question, with its tags.</param>
/// <param name="Files">Names of its files, in the order in which its questions use them.</param>
/// <param name="Questions">Questions that suit it, the best first.</param>
public sealed record Demo(string Name, string Title, string Description, string Target, IReadOnlyList<string> Files, IReadOnlyList<DemoQuestion> Questions)
{
    /// <summary>What is true of it, in words.</summary>
    public string Truth { get; } = Regex.Replace(Regex.Replace(Target, "<[^>]*>", " "), @"\s+", " ").Trim();
}

/// <summary>The demos of <c>wwwroot/demo</c>.</summary>
/// <param name="environment">Where the files are.</param>
/// <param name="library">Takes their clips.</param>
public sealed class DemoClips(IWebHostEnvironment environment, ClipLibrary library)
{
    private readonly Lazy<(IReadOnlyList<Demo> Demos, Dictionary<string, string> Hashes)> all = new(() => Read(environment.WebRootFileProvider));

    /// <summary>All demos whose files are there.</summary>
    public IReadOnlyList<Demo> All => all.Value.Demos;

    /// <summary>Adds the clips of a demo, or finds those that were added before; in the demo's order.</summary>
    /// <exception cref="UnknownItemException">There is none of that name.</exception>
    /// <exception cref="Media.MediaException">A clip cannot be used.</exception>
    public async Task<IReadOnlyList<Clip>> AddAsync(string name, CancellationToken cancellation)
    {
        Demo demo = All.FirstOrDefault(one => one.Name == name) ?? throw new UnknownItemException("demo clip", name);
        List<Clip> clips = [];
        foreach (string file in demo.Files)
        {
            await using FileStream content = new(PathOf(environment.WebRootFileProvider, file)!, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
            clips.Add(await library.AddAsync(content, file, cancellation));
        }

        return clips;
    }

    /// <summary>The demo that these clips are, whatever they are called; null when they are others.</summary>
    public Demo? Of(IReadOnlyList<Clip> clips) =>
        All.FirstOrDefault(demo => demo.Files.Count == clips.Count && demo.Files.Zip(clips).All(pair => all.Value.Hashes[pair.First] == pair.Second.Sha256));

    /// <summary>Whether a clip is one of those that come with the studio.</summary>
    public bool Has(Clip clip) => all.Value.Hashes.ContainsValue(clip.Sha256);

    private static (IReadOnlyList<Demo>, Dictionary<string, string>) Read(IFileProvider files)
    {
        IFileInfo list = files.GetFileInfo("demo/demo.json");
        if (!list.Exists)
        {
            return ([], []);
        }

        using Stream json = list.CreateReadStream();
        Demo[] demos = [.. (JsonSerializer.Deserialize<Demo[]>(json, StudioJson.Options) ?? []).Where(demo => demo.Files.All(file => PathOf(files, file) is not null))];
        return (demos, demos.SelectMany(demo => demo.Files).Distinct().ToDictionary(file => file, file =>
        {
            using FileStream content = File.OpenRead(PathOf(files, file)!);
            return Convert.ToHexStringLower(SHA256.HashData(content));
        }));
    }

    private static string? PathOf(IFileProvider files, string file) => files.GetFileInfo("demo/" + file) is { Exists: true, PhysicalPath: { } path } ? path : null;
}

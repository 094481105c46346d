using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>A clip that comes with the studio.</summary>
/// <param name="Name">Its key, for <see cref="ClipLibrary.AddDemoAsync"/>.</param>
/// <param name="FileName">Its file name.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Path">The file.</param>
public sealed record DemoClip(string Name, string FileName, string Description, string Path)
{
    /// <summary>What a person calls it.</summary>
    public string Title { get; init; } = Name;
}

/// <summary>The clips that the studio keeps.</summary>
public sealed class ClipLibrary
{
    /// <summary>Takes in a clip.</summary>
    /// <exception cref="Media.MediaException">It cannot be used, is too large, or the disk is full.</exception>
    public Task<Clip> AddAsync(Stream content, string fileName, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The clip, or null.</summary>
    public Task<Clip?> FindAsync(Guid id, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The clips added last, newest first.</summary>
    public Task<IReadOnlyList<Clip>> RecentAsync(int take, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The clips that come with the studio.</summary>
    public IReadOnlyList<DemoClip> Demos => throw new NotImplementedException();

    /// <summary>Adds a demo clip, or finds it when it was added before.</summary>
    public Task<Clip> AddDemoAsync(string name, CancellationToken cancellation) => throw new NotImplementedException();
}

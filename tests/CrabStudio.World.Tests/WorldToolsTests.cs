using CrabStudio.Media;

namespace CrabStudio.World.Tests;

public sealed class WorldToolsTests
{
    [Fact]
    public void EverythingThatTheWorldIsRenderedWithIsThere()
    {
        WorldTools.Check();
        Assert.True(File.Exists(WorldTools.Soundfont) && File.Exists(WorldTools.Font));
        Assert.Equal(64, WorldTools.SoundfontId.Length);
    }

    [Fact]
    public void AMissingProgramIsNamedWithTheCommandThatBringsIt()
    {
        WorldException fault = Assert.Throws<WorldException>(() => WorldTools.Find("no-such-synth"));
        Assert.Equal("no-such-synth not found, without which the world cannot be rendered; install with: sudo apt-get install -y no-such-synth", fault.Message);
    }

    [Fact]
    public async Task AToolWhoseInputCannotBeWrittenEndsAtOnceWithThatFault()
    {
        // cat reads until its input ends: were it left open, this would take the five minutes that a tool may take.
        Task<ToolResult> run = ToolProcess.RunAsync(
            ToolProcess.Find("cat"), [], new MediaLimits(), (output, stop) => output.CopyToAsync(Stream.Null, stop), null, CancellationToken.None, (_, _) => throw new WorldException("the picture is not there"));
        WorldException fault = await Assert.ThrowsAsync<WorldException>(() => run.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("the picture is not there", fault.Message);
    }

    [Fact]
    public async Task AToolGetsItsInputWholeAndWhatItDoesNotReadIsNoFault()
    {
        byte[] sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        using MemoryStream back = new();
        ToolResult whole = await ToolProcess.RunAsync(ToolProcess.Find("cat"), [], new MediaLimits(), (output, stop) => output.CopyToAsync(back, stop), null, CancellationToken.None, (input, stop) => Task.Run(() => input.Write(sent), stop));
        Assert.Equal(0, whole.ExitCode);
        Assert.True(back.ToArray().AsSpan().SequenceEqual(sent));

        ToolResult early = await ToolProcess.RunAsync(ToolProcess.Find("true"), [], new MediaLimits(), (output, stop) => output.CopyToAsync(Stream.Null, stop), null, CancellationToken.None, (input, stop) => Task.Run(() => input.Write(sent), stop));
        Assert.Equal(0, early.ExitCode);
    }
}

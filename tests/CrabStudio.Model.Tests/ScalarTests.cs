using CrabStudio.Testing;

namespace CrabStudio.Model.Tests;

public sealed class ScalarTests
{
    [Fact]
    public void TheModelHandsNoNumberToLibtorchThatTheCollectorMayTake()
    {
        IReadOnlyList<string> loose = LooseScalars.In(typeof(Thinker).Assembly);
        Assert.True(loose.Count == 0, string.Join('\n', loose));
    }
}

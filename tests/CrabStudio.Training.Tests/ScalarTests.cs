using CrabStudio.Testing;

namespace CrabStudio.Training.Tests;

public sealed class ScalarTests
{
    [Fact]
    public void TrainingHandsNoNumberToLibtorchThatTheCollectorMayTake()
    {
        IReadOnlyList<string> loose = LooseScalars.In(typeof(Trainer).Assembly);
        Assert.True(loose.Count == 0, string.Join('\n', loose));
    }
}

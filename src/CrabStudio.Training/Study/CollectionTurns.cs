using System.Runtime;

namespace CrabStudio.Training.Study;

/// <summary>
/// Keeps garbage collections between steps and answers. TorchSharp hands a number to libtorch as an object that nothing keeps alive during
/// the call; a collection that another thread brings about meanwhile frees it under libtorch's hands, which then computes with whatever lies
/// there or stops with "Unknown scalar type". So threads work inside a region without collections, and when half of its room is used
/// they wait for each other between two pieces of work, and begin the next region together. A piece that needs more than the whole room
/// goes on, but unprotected.
/// </summary>
internal sealed class CollectionTurns : IDisposable
{
    // Large enough for steps of a few clips on several threads.
    private const long Room = 512L << 20;

    private readonly ReaderWriterLockSlim turn = new();
    private long begun;

    /// <summary>Begins the first region.</summary>
    public CollectionTurns() => Renew();

    /// <summary>Regions begun so far.</summary>
    public int Regions { get; private set; }

    /// <summary>The calling thread begins to work.</summary>
    public void Enter() => turn.EnterReadLock();

    /// <summary>The calling thread is between two pieces of work: the place for a collection when one is due.</summary>
    public void Pause()
    {
        if (!IsDue)
        {
            return;
        }

        turn.ExitReadLock();
        turn.EnterWriteLock();
        try
        {
            // Another thread may have been first.
            if (IsDue)
            {
                Renew();
            }
        }
        finally
        {
            turn.ExitWriteLock();
            turn.EnterReadLock();
        }
    }

    /// <summary>The calling thread has ended its work.</summary>
    public void Exit() => turn.ExitReadLock();

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        turn.Dispose();
    }

    private bool IsDue => GC.GetTotalAllocatedBytes() - Volatile.Read(ref begun) > Room / 2;

    private void Renew()
    {
        End();
        GC.Collect();
        try
        {
            GC.TryStartNoGCRegion(Room);
        }
        catch (Exception fault) when (fault is ArgumentOutOfRangeException or InvalidOperationException)
        {
            // No such region here, or somebody else's: then collections come when they come.
        }

        Volatile.Write(ref begun, GC.GetTotalAllocatedBytes());
        Regions++;
    }

    private static void End()
    {
        try
        {
            if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }
        }
        catch (InvalidOperationException)
        {
            // Its room was used up, and it has ended by itself.
        }
    }
}

using System.Runtime.ExceptionServices;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// Work on several threads, each with products of its own: on a busy machine two threads that each do half of a batch lose
/// far less than two that share every product. One worker is the caller itself.
/// </summary>
internal static class Workers
{
    /// <summary>Does pieces of work, each worker taking the next one; returns when all are done.</summary>
    /// <param name="workers">Threads.</param>
    /// <param name="pieces">Number of pieces.</param>
    /// <param name="work">Does a piece.</param>
    public static void Run(int workers, int pieces, Action<int> work)
    {
        int next = -1;
        Exception? fault = null;
        void Take()
        {
            try
            {
                for (int piece = Interlocked.Increment(ref next); piece < pieces && Volatile.Read(ref fault) is null; piece = Interlocked.Increment(ref next))
                {
                    work(piece);
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref fault, exception, null);
            }
        }

        Thread[] others = [.. Enumerable.Range(0, Math.Min(workers, pieces) - 1 is var more && more > 0 ? more : 0).Select(_ => new Thread(Take, 16 << 20) { IsBackground = true })];
        Array.ForEach(others, other => other.Start());
        Take();
        Array.ForEach(others, other => other.Join());
        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }
}

using System.Diagnostics.CodeAnalysis;

namespace CrabStudio.Engine;

/// <summary>
/// A bounded queue that serves its clients in turn and each client first in, first out: who asks forty questions does
/// not keep the others waiting for forty answers. Not safe for several threads; its owner holds a lock.
/// </summary>
/// <typeparam name="T">What waits.</typeparam>
/// <param name="capacity">Most items that may wait at once.</param>
public sealed class FairQueue<T>(int capacity)
    where T : class
{
    /// <summary>The clients that wait, the next one first. The client that was served last, if it waits again, is the last one.</summary>
    private readonly List<Line> rotation = [];
    private string? servedLast;

    /// <summary>Number of items that wait.</summary>
    public int Count { get; private set; }

    /// <summary>The items in the order in which they will be served if nothing is added.</summary>
    public IEnumerable<T> InOrder
    {
        get
        {
            int longest = rotation.Count == 0 ? 0 : rotation.Max(line => line.Items.Count);
            return Enumerable.Range(0, longest).SelectMany(turn => rotation.Where(line => line.Items.Count > turn).Select(line => line.Items[turn]));
        }
    }

    /// <summary>Adds an item behind those of the same client; false when the queue is full.</summary>
    public bool TryEnqueue(string client, T item)
    {
        if (Count >= capacity)
        {
            return false;
        }

        Line? line = rotation.Find(line => line.Client == client);
        if (line is null)
        {
            line = new Line(client, []);
            bool beforeLast = rotation.Count > 0 && rotation[^1].Client == servedLast;
            rotation.Insert(beforeLast ? rotation.Count - 1 : rotation.Count, line);
        }

        line.Items.Add(item);
        Count++;
        return true;
    }

    /// <summary>Takes the item whose turn it is; false when nothing waits.</summary>
    public bool TryDequeue([NotNullWhen(true)] out T? item)
    {
        if (rotation.Count == 0)
        {
            item = null;
            return false;
        }

        Line line = rotation[0];
        rotation.RemoveAt(0);
        item = line.Items[0];
        line.Items.RemoveAt(0);
        Count--;
        if (line.Items.Count > 0)
        {
            rotation.Add(line);
        }

        servedLast = line.Client;
        return true;
    }

    /// <summary>Takes an item out of its turn; the client's later items move up. False when it does not wait here.</summary>
    public bool Remove(T item)
    {
        Line? line = rotation.Find(line => line.Items.Contains(item));
        if (line is null)
        {
            return false;
        }

        line.Items.Remove(item);
        Count--;
        if (line.Items.Count == 0)
        {
            rotation.Remove(line);
        }

        return true;
    }

    private sealed record Line(string Client, List<T> Items);
}

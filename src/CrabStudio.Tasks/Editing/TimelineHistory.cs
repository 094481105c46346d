using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Editing;

/// <summary>A timeline that is edited, with everything that was done to it: each edit can be taken back, to the very beginning, and done again.</summary>
public sealed class TimelineHistory
{
    // Only what an edit changed is kept, not the whole before and after it.
    private readonly List<Step> steps = [];
    private int done;

    /// <summary>Begins with a timeline.</summary>
    public TimelineHistory(TimelineDocument start) => Current = start.InOrder();

    /// <summary>The timeline as it is.</summary>
    public TimelineDocument Current { get; private set; }

    /// <summary>How many edits can be taken back.</summary>
    public int Undoable => done;

    /// <summary>How many edits can be done again.</summary>
    public int Redoable => steps.Count - done;

    /// <summary>What <see cref="Undo"/> takes back, in a few words; null: nothing.</summary>
    public string? UndoWords => done == 0 ? null : steps[done - 1].Words;

    /// <summary>What <see cref="Redo"/> does again; null: nothing.</summary>
    public string? RedoWords => done == steps.Count ? null : steps[done].Words;

    /// <summary>Takes in an edit. What had been taken back before is then lost. An edit that changes nothing is none.</summary>
    /// <param name="words">What it does, in a few words: "move", "split".</param>
    /// <param name="next">The timeline after it, of the same clip.</param>
    /// <returns>Whether it changes anything.</returns>
    public bool Do(string words, TimelineDocument next)
    {
        Step step = new(words, Without(Current, next), Without(next, Current));
        if (TimelineEdits.Count(step.Taken) + TimelineEdits.Count(step.Put) == 0)
        {
            return false;
        }

        steps.RemoveRange(done, steps.Count - done);
        steps.Add(step);
        done++;
        Current = Changed(step.Taken, step.Put);
        return true;
    }

    /// <summary>Takes the last edit back.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Undo()
    {
        if (done == 0)
        {
            return false;
        }

        done--;
        Current = Changed(steps[done].Put, steps[done].Taken);
        return true;
    }

    /// <summary>Does again what was taken back last.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Redo()
    {
        if (done == steps.Count)
        {
            return false;
        }

        Current = Changed(steps[done].Taken, steps[done].Put);
        done++;
        return true;
    }

    private TimelineDocument Changed(TimelineDocument taken, TimelineDocument put)
    {
        TimelineDocument left = Without(Current, taken);
        return (Current with { Events = [.. left.Events, .. put.Events], Boxes = [.. left.Boxes, .. put.Boxes], Points = [.. left.Points, .. put.Points] }).InOrder();
    }

    // By value: what is the same in both is no part of the difference.
    private static TimelineDocument Without(TimelineDocument one, TimelineDocument other) => one with
    {
        Events = [.. one.Events.Except(other.Events)],
        Boxes = [.. one.Boxes.Except(other.Boxes)],
        Points = [.. one.Points.Except(other.Points)],
    };

    private sealed record Step(string Words, TimelineDocument Taken, TimelineDocument Put);
}

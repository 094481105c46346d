namespace CrabStudio.Engine.Tests;

public sealed class FairQueueTests
{
    [Fact]
    public void One_client_is_served_first_in_first_out()
    {
        FairQueue<string> queue = Filled("a1", "a2", "a3");
        Assert.Equal(["a1", "a2", "a3"], Drain(queue));
    }

    [Fact]
    public void Three_clients_are_served_in_turn_whatever_each_has_queued()
    {
        FairQueue<string> queue = Filled("a1", "a2", "a3", "a4", "b1", "b2", "c1");
        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3", "a4"], Drain(queue));
    }

    [Fact]
    public void A_client_that_was_just_served_comes_after_one_that_was_not()
    {
        FairQueue<string> queue = Filled("a1", "a2", "a3");
        Assert.Equal("a1", Take(queue));
        Add(queue, "b1", "b2");
        Assert.Equal(["b1", "a2", "b2", "a3"], Drain(queue));
    }

    [Fact]
    public void A_client_that_comes_back_gets_no_credit_for_having_been_away()
    {
        FairQueue<string> queue = Filled("a1", "b1", "b2", "b3");
        Assert.Equal(["a1", "b1", "b2"], new[] { Take(queue), Take(queue), Take(queue) });
        Add(queue, "a2", "a3", "a4");
        Assert.Equal(["a2", "b3", "a3", "a4"], Drain(queue));
    }

    [Fact]
    public void Order_is_what_dequeue_then_gives()
    {
        FairQueue<string> queue = Filled("c1", "a1", "a2", "b1", "c2", "c3");
        string[] announced = [.. queue.InOrder];
        Assert.Equal(announced, Drain(queue));
    }

    [Fact]
    public void A_full_queue_takes_nothing_and_takes_again_when_one_has_left()
    {
        var queue = new FairQueue<string>(2);
        Assert.True(queue.TryEnqueue("a", "a1"));
        Assert.True(queue.TryEnqueue("b", "b1"));
        Assert.False(queue.TryEnqueue("c", "c1"));
        Assert.Equal("a1", Take(queue));
        Assert.True(queue.TryEnqueue("c", "c1"));
        Assert.Equal(["b1", "c1"], Drain(queue));
    }

    [Fact]
    public void Who_takes_a_question_back_does_not_lose_a_turn()
    {
        FairQueue<string> queue = Filled("a1", "a2", "a3", "b1", "b2", "b3");
        Assert.True(queue.Remove(queue.InOrder.First(item => item == "a1")));
        Assert.Equal(["a2", "b1", "a3", "b2", "b3"], Drain(queue));
        Assert.False(queue.Remove("a1"));
    }

    [Fact]
    public void Law_whoever_waits_is_served_before_another_is_served_twice()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var queue = new FairQueue<string>(50);
            Dictionary<string, int> waiting = [];

            // For each client: the clients served since it last became or was served, while it waited without a break.
            Dictionary<string, HashSet<string>> servedMeanwhile = [];
            for (int step = 0; step < 400; step++)
            {
                string client = ((char)('a' + random.Next(5))).ToString();
                if (random.Next(2) == 0)
                {
                    if (queue.TryEnqueue(client, $"{client}{step}"))
                    {
                        waiting[client] = waiting.GetValueOrDefault(client) + 1;
                        servedMeanwhile.TryAdd(client, []);
                    }
                }
                else if (queue.InOrder.FirstOrDefault() is { } announced)
                {
                    Assert.True(queue.TryDequeue(out string? item));
                    Assert.Equal(announced, item);
                    string served = item[..1];
                    foreach ((string other, HashSet<string> seen) in servedMeanwhile)
                    {
                        Assert.True(other == served || seen.Add(served), $"seed {seed}: {served} was served twice while {other} waited");
                    }

                    waiting[served]--;
                    servedMeanwhile.Remove(served);
                    if (waiting[served] > 0)
                    {
                        servedMeanwhile[served] = [];
                    }
                }

                Assert.Equal(waiting.Values.Sum(), queue.Count);
                Assert.Equal(queue.Count, queue.InOrder.Count());
            }
        }
    }

    private static FairQueue<string> Filled(params string[] items)
    {
        var queue = new FairQueue<string>(100);
        Add(queue, items);
        return queue;
    }

    private static void Add(FairQueue<string> queue, params string[] items)
    {
        foreach (string item in items)
        {
            Assert.True(queue.TryEnqueue(item[..1], item));
        }
    }

    private static string Take(FairQueue<string> queue) => queue.TryDequeue(out string? item) ? item : "";

    private static string[] Drain(FairQueue<string> queue)
    {
        List<string> items = [];
        while (queue.TryDequeue(out string? item))
        {
            items.Add(item);
        }

        return [.. items];
    }
}

using FsCheck;
using FsCheck.Fluent;

namespace RaftSim.Simulation.Tests;

public sealed class EventHeapTests
{
    // Goal: events come in the order of (time, sequence), whatever the order in which they were scheduled.
    [Fact]
    public void Events_come_in_order_of_time_and_then_of_scheduling() =>
        Prop.ForAll(Gen.Choose(0, 50).ListOf().ToArbitrary(), times =>
        {
            EventHeap heap = new();
            List<(long, ulong)> expected = [];
            ulong sequence = 0;
            foreach (int time in times)
            {
                heap.Push(new SimEvent(time, ++sequence, SimEventKind.Deliver, 0, 0, 0));
                expected.Add((time, sequence));
            }

            expected.Sort();
            foreach ((long, ulong) next in expected)
            {
                SimEvent popped = heap.Pop();
                Assert.Equal(next, (popped.Time, popped.Sequence));
            }

            Assert.Equal(0, heap.Count);
        }).Check(Property.Config);

    // Goal: the heap stays ordered when events are taken out and put in by turns, as a world does.
    [Fact]
    public void Taking_out_and_putting_in_by_turns_keeps_the_order()
    {
        EventHeap heap = new();
        Prng prng = new(7);
        long now = 0;
        for (ulong i = 0; i < 5_000; i++)
        {
            heap.Push(new SimEvent(now + (long)prng.Below(1_000), i, SimEventKind.Deliver, 0, 0, 0));
            if (prng.Chance(1, 2))
            {
                long time = heap.Pop().Time;
                Assert.True(time >= now);
                now = time;
            }
        }

        while (heap.Count > 0)
        {
            long time = heap.Pop().Time;
            Assert.True(time >= now);
            now = time;
        }
    }

    // Goal: time never goes back, and an event scheduled for the past happens now.
    [Fact]
    public void Time_moves_to_the_next_event_and_then_to_the_limit()
    {
        Timeline timeline = new(new EventHeap());
        timeline.Schedule(30, SimEventKind.Deliver);
        timeline.Schedule(10, SimEventKind.Disk);
        Assert.True(timeline.TryAdvance(20, out SimEvent first));
        Assert.Equal((SimEventKind.Disk, 10L), (first.Kind, timeline.Now));
        timeline.Schedule(5, SimEventKind.Applied);
        Assert.True(timeline.TryAdvance(20, out SimEvent late));
        Assert.Equal((SimEventKind.Applied, 10L), (late.Kind, timeline.Now));
        Assert.False(timeline.TryAdvance(20, out _));
        Assert.Equal(20, timeline.Now);
    }
}

using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>
/// Random schedules of everything a script can do. The checkers of the world judge every step, and at the end the world
/// must work again. A failure is shrunk to a short schedule, printed as the C# that plays it.
/// </summary>
public sealed class ScheduleTests(ITestOutputHelper output)
{
    private const int Count = 100;

    private static readonly Gen<Step> Steps =
        from verb in Gen.Frequency(
            (10, Gen.Constant(Verb.Run)),
            (6, Gen.Constant(Verb.Propose)),
            (4, Gen.Constant(Verb.Restart)),
            (3, Gen.Constant(Verb.Crash)),
            (4, Gen.Elements(Verb.Partition, Verb.Block, Verb.Heal, Verb.Pause, Verb.Weather)),
            (3, Gen.Elements(Verb.Wipe, Verb.Configure, Verb.Remove)))
        from a in Gen.Choose(0, 999)
        from b in Gen.Choose(0, 999)
        select new Step(verb, a, b);

    private static readonly Gen<Schedule> Schedules =
        from seed in Gen.Choose(0, int.MaxValue)
        from servers in Gen.Elements(1, 2, 3, 3, 4, 5, 5)
        from count in Gen.Choose(20, 120)
        from steps in Steps.ListOf(count)
        select new Schedule((ulong)seed, servers, [.. Formed, .. steps]);

    // A cluster that does not form before the faults begin is a dull one.
    private static IReadOnlyList<Step> Formed => [new(Verb.Run, 999, 0), new(Verb.Run, 999, 0)];

    // Goal: whatever is done in whatever order, no promise is broken, and all of it heals (dissertation §3.2, §3.6).
    [Fact]
    public void No_schedule_breaks_a_promise()
    {
        List<SimulationResult> results = [];
        Prop.ForAll(Arb.From(Schedules, Shrink), schedule => results.Add(schedule.Play()))
            .Check(Property.Config.WithMaxTest(Count));

        output.WriteLine($"{results.Sum(result => result.Elections)} elections, "
            + $"{results.Sum(result => result.Acknowledged)} of {results.Sum(result => result.Requests)} acknowledged");
        Assert.Equal(Count, results.Count);
        Assert.True(results.Sum(result => result.Elections) > 2 * Count, "hardly an election was held");
        foreach (FaultKind kind in (ReadOnlySpan<FaultKind>)
            [FaultKind.Crash, FaultKind.Partition, FaultKind.OneWay, FaultKind.Pause, FaultKind.Wipe, FaultKind.Remove])
        {
            long fired = results.Sum(result => result.Faults[kind]);
            Assert.True(fired > Count / 5, $"{FaultCounts.NameOf(kind)}: {fired} times in {Count} schedules show little");
        }
    }

    // Goal: no false green: a defect is found, shrunk to little, and told with how to see it again.
    [Fact]
    public void A_defect_is_found_shrunk_and_told_with_a_replay_command()
    {
        // Every second machine counts the third command wrong: a few steps show it, most schedules have more.
        int made = 0;
        SimOptions options = new() { StateMachine = () => new ForgetfulMachine(made++ % 2 == 0) };
        Exception failure = Assert.ThrowsAny<Exception>(() => Prop
            .ForAll(Arb.From(Schedules, Shrink), schedule => schedule.Play(options))
            .Check(Property.Config.WithMaxTest(Count)));
        output.WriteLine(failure.Message);
        Assert.Contains("state-machine-safety", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("new Schedule(", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(Schedule.Replay, failure.ToString(), StringComparison.Ordinal);
    }

    // Leaves out ever smaller pieces; the other steps mean the same as before.
    private static IEnumerable<Schedule> Shrink(Schedule schedule)
    {
        int count = schedule.Steps.Count;
        for (int size = count / 2; size > 0; size /= 2)
        {
            for (int from = 0; from + size <= count; from += size)
            {
                IEnumerable<Step> steps = schedule.Steps.Take(from).Concat(schedule.Steps.Skip(from + size));
                yield return schedule with { Steps = [.. steps] };
            }
        }
    }
}

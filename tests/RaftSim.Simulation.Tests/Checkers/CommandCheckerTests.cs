using System.Text;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

public sealed class CommandCheckerTests
{
    private readonly CommitHistory _history = new();
    private readonly StateMachineSafety _machines;

    public CommandCheckerTests()
    {
        _machines = new StateMachineSafety(_history);
        _history.Observe(new Forge(9).Say(
            append: [Entry(1, 1, "a"), Entry(2, 1, "b"), Entry(3, 1, "c")], commit: 3));
    }

    // Goal: state machines that apply different commands at one index are seen (dissertation §3.2, State Machine Safety).
    [Fact]
    public void State_machine_safety_sees_another_command_at_an_index()
    {
        _machines.Applied(Applied(0, 1, 1, "a"));
        Assert.Contains(
            "another command",
            Caught(_machines, () => _machines.Applied(Applied(1, 1, 1, "z"))),
            StringComparison.Ordinal);
    }

    // Goal: a command that was left out, applied twice or out of order is seen.
    [Fact]
    public void State_machine_safety_sees_commands_left_out_or_out_of_order()
    {
        _machines.Applied(Applied(0, 1, 1, "a"));
        _machines.Applied(Applied(0, 2, 1, "b"));
        Caught(_machines, () => _machines.Applied(Applied(0, 2, 1, "b")));
        Caught(_machines, () => _machines.Applied(Applied(0, 1, 1, "a")));
        Assert.Contains(
            "other commands",
            Caught(_machines, () => _machines.Applied(Applied(1, 2, 1, "b"))),
            StringComparison.Ordinal);
    }

    // Goal: state machines that answer differently are not deterministic.
    [Fact]
    public void State_machine_safety_sees_different_answers()
    {
        _machines.Applied(Applied(0, 1, 1, "a", "yes"));
        Assert.Contains(
            "another answer",
            Caught(_machines, () => _machines.Applied(Applied(1, 1, 1, "a", "no"))),
            StringComparison.Ordinal);
    }

    // Goal: nothing is applied before it is committed.
    [Fact]
    public void State_machine_safety_sees_commands_that_are_not_committed()
    {
        Caught(_machines, () => _machines.Applied(Applied(0, 4, 1, "d")));
        Caught(_machines, () => _machines.Applied(Applied(0, 2, 2, "b")));
    }

    // Goal: no false alarm: a server that starts again applies its log again.
    [Fact]
    public void State_machine_safety_lets_a_restarted_server_apply_again()
    {
        _machines.Applied(Applied(0, 1, 1, "a"));
        _machines.Stopped(0);
        _machines.Applied(Applied(0, 1, 1, "a") with { Incarnation = 2 });
        _machines.Applied(Applied(0, 2, 1, "b") with { Incarnation = 2 });
    }

    // Goal: a command that was repeated on its way and applied at two indexes is seen.
    [Fact]
    public void Exactly_once_sees_a_command_at_two_indexes()
    {
        ExactlyOnce checker = new();
        checker.Applied(Applied(0, 1, 1, "a", sequence: 5));
        checker.Applied(Applied(1, 1, 1, "a", sequence: 5));
        Caught(checker, () => checker.Applied(Applied(0, 2, 1, "a", sequence: 5)));
    }

    // Goal: a write that is acknowledged before it is committed is seen.
    [Fact]
    public void Durability_sees_an_acknowledgement_without_a_commit()
    {
        Durability checker = new(_history);
        checker.Replied(Reply("c", new CommandReply(new LogIndex(3), default)));
        Caught(checker, () => checker.Replied(Reply("d", new CommandReply(new LogIndex(4), default))));
    }

    // Goal: an acknowledged write that a later leader does not have is lost.
    [Fact]
    public void Durability_sees_a_leader_that_lost_an_acknowledged_write()
    {
        Durability checker = new(_history);
        checker.Replied(Reply("b", new CommandReply(new LogIndex(2), default)));
        Forge complete = new(0);
        checker.Observe(complete.Say(term: 3, role: RaftRole.Leader, append: [Entry(1, 1, "a"), Entry(2, 1, "b")]));
        Forge lossy = new(1);
        Caught(checker, () => checker.Observe(lossy.Say(term: 4, role: RaftRole.Leader, append: [Entry(1, 1, "a")])));
        Caught(checker, () => checker.Ended(1, lossy.Say().Now, lossy.Log));
    }

    private static ProposeRequest Command(string text) => new(Encoding.UTF8.GetBytes($"1/{text}"));

    private static ReplyObservation Reply(string text, ServerReply reply) => new(0, Command(text), reply);
}

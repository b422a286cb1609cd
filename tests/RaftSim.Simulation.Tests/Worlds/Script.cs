using System.Text;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>The steps that scripts over a world have in common. Each requires that it comes to its end.</summary>
internal static class Script
{
    /// <summary>Far more virtual time than an election, a removal or a promotion takes.</summary>
    public static readonly Duration Patience = Duration.Seconds(60);

    /// <summary>Lets the world run until something is so, which must be within <see cref="Patience"/>.</summary>
    public static void Await(this SimWorld world, Func<bool> condition, string what) =>
        Assert.True(world.RunUntil(condition, Patience), $"not within {Patience}: {what}; seed {world.Seed}");

    /// <summary>Waits for a leader that has committed an entry of its term; returns its number.</summary>
    public static int AwaitLeader(this SimWorld world)
    {
        world.Await(() => world.Leader is int leader && world.Status(leader).HasCommittedThisTerm, "a leader that is ready");
        return world.Leader!.Value;
    }

    /// <summary>Waits for another leader than one that is gone, cut off or paused; returns its number.</summary>
    public static int AwaitLeaderOtherThan(this SimWorld world, int old)
    {
        world.Await(
            () => world.Leader is int leader && leader != old && world.Status(leader).HasCommittedThisTerm,
            $"another leader than server {old}");
        return world.Leader!.Value;
    }

    /// <summary>Another server than the given one.</summary>
    public static int Next(this SimWorld world, int server) => (server + 1) % world.ServerCount;

    /// <summary>Asks through a server, and waits for the answer.</summary>
    /// <typeparam name="TReply">What kind of answer it must be.</typeparam>
    public static TReply Ask<TReply>(this SimWorld world, int server, ServerRequest request)
        where TReply : ServerReply
    {
        SimRequest made = world.Request(server, request);
        world.Await(() => made.IsOver, $"an answer to {request}");
        return Assert.IsType<TReply>(made.Reply);
    }

    /// <summary>Commits a command through a server; returns its index.</summary>
    public static LogIndex Commit(this SimWorld world, int server, string command) =>
        world.Ask<CommandReply>(server, new ProposeRequest(Bytes(command))).Index;

    /// <summary>Proposes a command and goes on.</summary>
    public static SimRequest Begin(this SimWorld world, int server, string command) => world.Propose(server, Bytes(command));

    /// <summary>How many commands the state machine of a server has applied.</summary>
    public static ulong Tally(this SimWorld world, int server) => ((TallyMachine)world.StateMachine(server)).Count;

    /// <summary>Waits until every server that is up has applied so many commands, and requires that they agree on them.</summary>
    public static void AwaitTally(this SimWorld world, ulong count)
    {
        int[] up = [.. Enumerable.Range(0, world.ServerCount).Where(world.IsUp)];
        world.Await(() => up.All(server => world.Tally(server) >= count), $"{count} commands applied everywhere");
        Assert.All(up, server => Assert.Equal(count, world.Tally(server)));
        Assert.Single(up.Select(server => ((TallyMachine)world.StateMachine(server)).Hash).Distinct());
    }

    /// <summary>How a server stands in the configuration of the leader; <see langword="null"/> when it does not.</summary>
    public static Suffrage? Standing(this SimWorld world, int server) =>
        world.Leader is int leader
        && world.Status(leader).Configuration.TryFind(world.Status(server).Self, out ConfiguredServer member)
            ? member.Suffrage
            : null;

    /// <summary>How many servers the leader's configuration has, voters and others.</summary>
    public static int Members(this SimWorld world) =>
        world.Leader is int leader ? world.Status(leader).Configuration.Servers.Length : 0;

    private static byte[] Bytes(string command) => Encoding.UTF8.GetBytes(command);
}

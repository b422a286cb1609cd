using System.Text;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// When faults are over, a world must work again, each within a bound of virtual time: a leader, a command committed and
/// answered through every server, every server a voter in everybody's view and alive in the leader's, nothing left behind,
/// every request answered. With zones, replicas or versions side by side those vote that the policy wants to.
/// </summary>
/// <param name="world">The world; its faults must have ended.</param>
internal sealed class Liveness(SimWorld world)
{
    // Ten of the longest election timeouts, for votes that split again and again.
    private static readonly Duration _leaderBound = Duration.Seconds(20);
    private static readonly Duration _probeBound = Duration.Seconds(30);

    private static readonly Duration _backlogBound = Duration.Seconds(300);

    // Detection, removal of old selves, joining, stabilisation and promotion take some rounds of the autopilot each.
    private static readonly Duration _membershipBound = Duration.Seconds(180);

    // The next announcement and the next round of reports are a matter of seconds.
    private static readonly Duration _hearingBound = Duration.Seconds(30);
    private static readonly Duration _catchUpBound = Duration.Seconds(60);
    private static readonly Duration _answerBound = Duration.Seconds(30);

    private readonly QuietVotes _quiet = new(world);

    private const int RestTries = 3;

    // Those before it have nothing more to wait for.
    private int _over;

    private static readonly Duration _askEvery = Duration.Milliseconds(1);

    public const string Name = "liveness";

    /// <summary>Lets the world run until all of it is so; breaks it off when something is not in time.</summary>
    public void Check()
    {
        Require(HasLeader, _leaderBound, "no leader has committed an entry of its term");
        foreach (int server in Servers)
        {
            Probe(server);
        }

        // What is still under way may be a removal.
        Require(AllAnswered, _answerBound, "a request has no answer");
        RequireVotes("not every server knows every server, and no other, as a voter");
        Require(AllHeard, _hearingBound, "the leader does not take every server for alive");
        Require(AllCaughtUp, _catchUpBound, "not every server has what is committed");
        RequireRest();
        Transfer();
        Require(AllAnswered, _answerBound, "a request has no answer");
        if (world.IsShaped)
        {
            RequireVotes("leadership was moved, and the votes are not as they were");
        }
    }

    private IEnumerable<int> Servers => Enumerable.Range(0, world.ServerCount).Where(world.IsHere);

    private void RequireVotes(string what)
    {
        if (Await(AllVote, _membershipBound))
        {
            return;
        }

        (string name, string why) = world.IsShaped ? _quiet.WhyNot() : ("", "");
        world.Fail(
            name.Length > 0 ? name : Name,
            $"{_membershipBound} after all faults ended {(why.Length > 0 ? why : what)}: {Describe(world)}");
    }

    // Votes that are as they should be stay so: nothing of the policy goes back and forth. Only a removal that was on its way
    // for long may come between.
    private void RequireRest()
    {
        for (int tries = 0; world.IsShaped && tries < RestTries; tries++)
        {
            world.RunFor(world.Servers[0].Options.AutopilotReconcileInterval * 2);
            if (AllVote())
            {
                return;
            }

            RequireVotes("the votes do not stay as they should be");
        }

        if (world.IsShaped)
        {
            world.Fail(Name, $"the votes were as they should be {RestTries} times, and did not stay so: {Describe(world)}");
        }
    }

    // With everybody up to date, leadership moves in one election to whom it is to move to, although callers go on asking for
    // more than the leader can do at once. Nobody is to be hurt by asking again. Only a removal that was on its way for long
    // may come between, and whom it hits catches up, and has a vote again, in peace.
    private void Transfer()
    {
        if (world.ServerCount == 1 || (world.Leader is int only && world.Status(only).Configuration.VoterCount == 1))
        {
            return;
        }

        LoadedTransfer transfer = new(world);
        while (!world.RunUntil(() => transfer.IsMoved() || (transfer.IsRefused && !AllVote()), _leaderBound)
            || !transfer.IsMoved())
        {
            if (AllVote())
            {
                world.Fail(Name, $"leadership did not move in one election within {_leaderBound}: {transfer.Reply}");
            }

            Require(AllVote, _membershipBound, "after a late removal not every server votes again");
        }
    }

    private void Probe(int server)
    {
        SimRequest? probe = null;
        bool isThrough = Await(
            () =>
            {
                // It may still fall over what a fault has left behind, and start again.
                if (world.IsUp(server) && probe is not { IsOver: false } && probe?.Reply is not CommandReply)
                {
                    probe = world.Propose(server, Encoding.UTF8.GetBytes($"probe {world.Requests.Count}"));
                }

                return probe?.Reply is CommandReply;
            },
            _probeBound);
        if (!isThrough)
        {
            world.Fail(Name, $"no command got through by way of server {server} within {_probeBound}: {probe?.Reply}");
        }
    }

    private void Require(Func<bool> condition, Duration bound, string what)
    {
        if (!Await(condition, bound))
        {
            world.Fail(Name, $"{bound} after all faults ended {what}: {Describe(world)}");
        }
    }

    // The time counts from the last progress on: what has gathered during the faults is done first, perhaps in small steps by
    // slow disks. But not for ever.
    private bool Await(Func<bool> condition, Duration bound)
    {
        Duration next = world.Now;
        Duration end = world.Now + _backlogBound;
        ulong before;
        do
        {
            before = Progress();
            if (world.RunUntil(IsSo, bound))
            {
                return true;
            }
        }
        while (Progress() > before && world.Now < end);

        return false;

        // Among hundreds of servers it costs more than what happens does.
        bool IsSo()
        {
            if (world.Now < next)
            {
                return false;
            }

            next = world.Now + _askEvery;
            return condition();
        }
    }

    private ulong Progress()
    {
        ulong progress = world.Committed.Value;
        for (int server = 0; server < world.ServerCount; server++)
        {
            progress += world.Status(server).DurableIndex.Value;
        }

        return progress;
    }

    private bool HasLeader() => world.Leader is int leader && world.Status(leader).HasCommittedThisTerm;

    // By every server's own view, and not by the leader's alone.
    private bool AllVote()
    {
        if (world.IsShaped)
        {
            return _quiet.IsSo();
        }

        // Asked after every event: what is not so yet is mostly seen by the leader's view alone.
        if (world.Leader is not int leader || world.Status(leader).Configuration.VoterCount != world.ServerCount)
        {
            return false;
        }

        ConfiguredServer[] all =
        [
            .. Enumerable.Range(0, world.ServerCount).Select(server => new ConfiguredServer(
                world.Status(server).Self, SimWorld.AddressOf(server), world.DiskOf(server), Suffrage.Voter, LogIndex.Zero)),
        ];
        for (int server = 0; server < world.ServerCount; server++)
        {
            if (!world.IsUp(server) || !Lists(world.Status(server).Configuration, all))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a configuration lists these servers and no others: addresses, disks and votes.</summary>
    internal static bool Lists(Configuration configuration, ReadOnlySpan<ConfiguredServer> servers)
    {
        foreach (ConfiguredServer server in servers)
        {
            if (!configuration.TryFind(server.Id, out ConfiguredServer listed)
                || listed with { AddedAt = server.AddedAt } != server)
            {
                return false;
            }
        }

        return configuration.Servers.Length == servers.Length;
    }

    // By what servers announce: the leader hears everybody, and nobody else.
    private bool AllHeard() => world.Leader is int leader
        && world.Node(leader).AutopilotState is { } state
        && state.Servers.Count == Servers.Count()
        && state.Servers.All(server => server.Server.NodeStatus == NodeStatus.Alive);

    private bool AllCaughtUp()
    {
        foreach (int server in Servers)
        {
            if (world.Status(server).Commit != world.Committed)
            {
                return false;
            }
        }

        return true;
    }

    private bool AllAnswered()
    {
        while (_over < world.Requests.Count && world.Requests[_over].IsOver)
        {
            _over++;
        }

        return _over == world.Requests.Count;
    }

    /// <summary>What every server says of itself.</summary>
    internal static string Describe(SimWorld world)
    {
        List<string> servers = [];
        for (int server = 0; server < world.ServerCount; server++)
        {
            RaftStatus status = world.Status(server);
            servers.Add($"s{server} {status.Role} term {status.Term} log {status.LastIndex}@{status.LastTerm} committed "
                + $"{status.Commit} of {status.Configuration.VoterCount} voters in {status.Configuration.Servers.Length}");
        }

        return string.Join("; ", servers);
    }
}

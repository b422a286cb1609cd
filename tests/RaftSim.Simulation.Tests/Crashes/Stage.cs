using System.Globalization;
using System.Text;
using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Simulation.Tests.Worlds;

namespace RaftSim.Simulation.Tests.Crashes;

/// <summary>
/// What scripts do whose servers may crash at any moment: whatever is lost is asked again, whatever takes longer is waited for.
/// </summary>
internal sealed class Stage(SimWorld world)
{
    // Time for an election and some rounds of the autopilot between two attempts would be wasted; a storm of them, too.
    private static readonly Duration _gap = Duration.Milliseconds(200);

    private ulong _acknowledged;
    private ulong _asked;

    /// <summary>The world.</summary>
    public SimWorld World { get; } = world;

    /// <summary>
    /// A calm world with few heartbeats and a hasty autopilot: a scenario is to be short. Long commands and short segments.
    /// </summary>
    public static SimWorld Make(int servers, Func<ServerOptions, ServerOptions>? change = null)
    {
        change ??= options => options;
        return new SimWorld(seed: 77, servers, new SimOptions
        {
            Configure = (_, options) => change(options with
            {
                HeartbeatInterval = Duration.Milliseconds(250),
                AutopilotStateInterval = Duration.Milliseconds(500),
                AutopilotReconcileInterval = Duration.Seconds(1),
                InitialAutopilot = AutopilotConfig.Default with
                {
                    LastContactThreshold = Duration.Seconds(1),
                    ServerStabilizationTime = Duration.Seconds(1),
                },
            }),
        });
    }

    /// <summary>Waits until something is so.</summary>
    public void Await(Func<bool> condition, string what) => World.Await(condition, what);

    /// <summary>Waits for a leader that is ready; returns its number.</summary>
    public int Leader() => World.AwaitLeader();

    /// <summary>Waits for another leader than the given one; returns its number.</summary>
    public int LeaderOtherThan(int old) => World.AwaitLeaderOtherThan(old);

    /// <summary>A server that follows; waits for a leader first.</summary>
    public int Follower() => World.Next(Leader());

    /// <summary>Asks whoever leads, again and again, until something is so.</summary>
    public void Until(Func<bool> condition, Func<ServerRequest> request, string what)
    {
        Duration askedAt = World.Now - _gap;
        SimRequest? made = null;
        Await(
            () =>
            {
                if (condition())
                {
                    return true;
                }

                if (made is not { IsOver: false } && World.Now - askedAt >= _gap && World.Leader is int leader)
                {
                    askedAt = World.Now;
                    made = World.Request(leader, request());
                }

                return condition();
            },
            what);
    }

    /// <summary>Asks whoever leads until the answer is of a kind; returns it.</summary>
    /// <typeparam name="TReply">What kind.</typeparam>
    public TReply Ask<TReply>(ServerRequest request, Func<TReply, bool>? isWanted = null)
        where TReply : ServerReply
    {
        int first = World.Requests.Count;
        TReply? found = null;
        Until(
            () =>
            {
                for (int i = first; i < World.Requests.Count && found is null; i++)
                {
                    found = World.Requests[i].Reply is TReply reply && (isWanted is null || isWanted(reply)) ? reply : null;
                }

                return found is not null;
            },
            () => request,
            $"an answer to {request}");
        return found!;
    }

    /// <summary>Commits so many commands, one after the other.</summary>
    public void Write(int count = 1, int bytes = 16)
    {
        for (int i = 0; i < count; i++)
        {
            Ask<CommandReply>(new ProposeRequest(Payload(bytes)));
            _acknowledged++;
        }
    }

    /// <summary>Hands many commands to the leader at once and commits as many; those that are lost are asked again.</summary>
    public void Batch(int count, int bytes = 16)
    {
        int leader = Leader();
        SimRequest[] made = [.. Enumerable.Range(0, count).Select(_ => World.Propose(leader, Payload(bytes)))];
        Await(() => made.All(request => request.IsOver), "the batch is over");
        int done = made.Count(request => request.Reply is CommandReply);
        _acknowledged += (ulong)done;
        Write(count - done, bytes);
    }

    /// <summary>Hands commands to a server that cannot commit them, perhaps.</summary>
    public void Begin(int server, int count, int bytes = 16)
    {
        for (int i = 0; i < count && World.IsUp(server); i++)
        {
            World.Propose(server, Payload(bytes));
        }
    }

    /// <summary>Waits until a server that is up has all that is committed.</summary>
    public void AwaitCaughtUp(int server) =>
        Await(() => World.IsUp(server) && World.Status(server).Commit == World.Committed, $"server {server} has caught up");

    /// <summary>Waits until every server has a snapshot that ends at an index or behind it.</summary>
    public void AwaitSnapshots(LogIndex index) => Await(
        () => Enumerable.Range(0, World.ServerCount).All(server => World.Status(server).Snapshot.Index >= index),
        $"snapshots from {index} on");

    /// <summary>All are up and reach each other, and what was acknowledged is everywhere.</summary>
    public void End()
    {
        World.Heal();
        for (int server = 0; server < World.ServerCount; server++)
        {
            World.Restart(server);
        }

        Await(
            () => Enumerable.Range(0, World.ServerCount).All(
                server => World.IsUp(server) && World.Tally(server) >= _acknowledged),
            $"{_acknowledged} acknowledged commands everywhere");
    }

    private byte[] Payload(int bytes)
    {
        string number = (++_asked).ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(number.PadRight(bytes, '.'));
    }
}

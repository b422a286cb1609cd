using System.Text;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.States;
using RaftSim.Simulation.Tests.Checkers;

namespace RaftSim.Simulation.Tests.States;

/// <summary>A watcher with three servers that say what a test has them say.</summary>
internal sealed class WatchRig
{
    private readonly StateWatch _watch;
    private readonly Forge[] _servers = [new(0), new(1), new(2)];

    public WatchRig()
    {
        _watch = new StateWatch(3, () => Now);
        for (int i = 0; i < 3; i++)
        {
            Say(i, term: 1, configuration: Forge.Members([0, 1, 2]));
        }
    }

    /// <summary>The time of the world.</summary>
    public Duration Now { get; set; } = Duration.Seconds(1);

    public static ServerId Id(int server) => new($"id{server}");

    public bool Has(SimState state) => _watch.Reached.Contains(state);

    public void Say(
        int server,
        ulong? term = null,
        RaftRole? role = null,
        Configuration? configuration = null,
        ulong? durable = null,
        ulong? truncateFrom = null,
        LogEntry[]? append = null,
        ulong? commit = null,
        string? vote = null) => _watch.Observe(
        _servers[server].Say(term, role, configuration, durable, truncateFrom, append, commit, vote));

    public void Say(in ServerObservation observation) => _watch.Observe(observation);

    /// <summary>What a server would say next, to be changed by the test.</summary>
    public Forge Of(int server) => _servers[server];

    /// <summary>Appends so many entries of a term.</summary>
    public void Append(int server, ulong term, int count)
    {
        ulong last = _servers[server].Log.LastIndex.Value;
        Say(server, append: [.. Enumerable.Range(1, count).Select(i => Forge.Entry(last + (ulong)i, term))]);
    }

    public void Lead(int server, ulong term)
    {
        Say(server, term: term, role: RaftRole.Candidate, vote: Id(server).Value);
        Say(server, role: RaftRole.Leader);
    }

    public void Stop(int server) => _watch.Stopped(server);

    public void Restart(int server)
    {
        _servers[server].Restart();
        Say(server, term: 1);
    }

    public void Receive(int server, RaftMessage message, DiskId disk = default) =>
        _watch.Received(server, Wrap(ServerMessage.Of(message), disk));

    public void Send(int server, ServerMessage message) => _watch.Sent(server, Wrap(message, default));

    public void Raise(int server, ServerEventKind kind, string text, int subject = 0) =>
        _watch.Raised(server, new ServerEvent(kind, text, Id(subject)));

    public void Apply(ulong index, string text) => _watch.Applied(Forge.Applied(0, index, 1, text));

    public void Ask(int server, ServerRequest request) => _watch.Requested(server, request);

    public void Answer(int server, ServerRequest request, ServerReply reply) =>
        _watch.Replied(new ReplyObservation(server, request, reply));

    public void End() => _watch.Ended(0, SimWorld.Unknown, new ReplicaLog());

    public static ProposeRequest Command(string text) => new(Encoding.UTF8.GetBytes($"1/{text}"));

    private static Envelope Wrap(in ServerMessage message, DiskId disk) => new()
    {
        From = Id(1),
        FromDisk = default,
        FromAddress = new ServerAddress("s1:1"),
        ToDisk = disk,
        ToAddress = new ServerAddress("s0:1"),
        Lane = Lane.Control,
        Message = message,
    };
}

using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Server 0 of three voters, what it receives, sends and says of itself, and the checker that looks on.</summary>
internal sealed class RefinementScene
{
    private readonly Forge _server = new(0);

    public Refinement Checker { get; } = new();

    /// <summary>A follower in term 3 with entries of the terms given, so many of them committed.</summary>
    public static RefinementScene Follower(ulong commit, params ulong[] terms)
    {
        RefinementScene scene = new();
        scene.Say(
            term: 3,
            configuration: Members([0, 1, 2]),
            append: [.. terms.Select((term, i) => Entry((ulong)i + 1, term))],
            commit: commit);
        return scene;
    }

    /// <summary>A candidate in term 4, whom server 1 has promised its vote.</summary>
    public static RefinementScene Candidate(params ulong[] terms)
    {
        RefinementScene scene = Follower(0, terms);
        scene.Say(role: RaftRole.PreCandidate);
        scene.Hear(RaftMessageKind.PreVoteReply, 4);
        scene.Say(term: 4, role: RaftRole.Candidate, vote: "id0");
        return scene;
    }

    /// <summary>The leader of term 4, with its first entry behind those of the terms given.</summary>
    public static RefinementScene Leader(params ulong[] terms)
    {
        RefinementScene scene = Candidate(terms);
        scene.Say(role: RaftRole.Leader, append: [First((ulong)terms.Length + 1, 4)]);
        return scene;
    }

    /// <summary>The first entry of a term.</summary>
    public static LogEntry First(ulong index, ulong term) => new(new LogIndex(index), new Term(term), EntryKind.Noop, default);

    public void Say(
        ulong? term = null,
        RaftRole? role = null,
        Configuration? configuration = null,
        ulong? durable = null,
        ulong? truncateFrom = null,
        LogEntry[]? append = null,
        ulong? commit = null,
        string? vote = null,
        string? leader = null,
        LogPosition snapshot = default)
    {
        ServerObservation seen = _server.Say(term, role, configuration, durable, truncateFrom, append, commit, vote);
        Checker.Observe(Otherwise(
            seen, seen.Now with { Leader = leader is null ? default : new ServerId(leader), Snapshot = snapshot }));
    }

    public void Restart()
    {
        Checker.Stopped(0);
        _server.Restart();
    }

    /// <summary>It receives a message of server 1, or of another.</summary>
    public void Hear(
        RaftMessageKind kind, ulong term, int from = 1, ulong index = 0, ulong logTerm = 0, ulong commit = 0,
        LogEntry[]? entries = null) => Checker.Received(0, Envelope(from, 0, Message(
            kind, term, from, 0, index, logTerm, commit, entries)));

    /// <summary>The same, but the message is for its former self.</summary>
    public void HearForAnotherDisk(RaftMessageKind kind, ulong term) => Checker.Received(
        0, Envelope(1, 0, Message(kind, term, 1, 0, 0, 0, 0, null)) with { ToDisk = new DiskId(1, 77) });

    /// <summary>It sends a message to server 1, or to another.</summary>
    public void Send(
        RaftMessageKind kind, ulong term, int to = 1, ulong index = 0, ulong logTerm = 0, ulong commit = 0,
        LogEntry[]? entries = null, bool isTransfer = false) => Checker.Sent(0, Envelope(0, to, Message(
            kind, term, 0, to, index, logTerm, commit, entries) with { IsTransfer = isTransfer }));

    /// <summary>The words of the objection that follows.</summary>
    public void Objects(string expected, Action action) =>
        Assert.Contains(expected, Caught(Checker, action), StringComparison.Ordinal);

    private static RaftMessage Message(
        RaftMessageKind kind, ulong term, int from, int to, ulong index, ulong logTerm, ulong commit, LogEntry[]? entries) =>
        new()
        {
            Kind = kind,
            From = new ServerId($"id{from}"),
            To = new ServerId($"id{to}"),
            Term = new Term(term),
            Index = new LogIndex(index),
            LogTerm = new Term(logTerm),
            Commit = new LogIndex(commit),
            Entries = entries,
        };

    private static Envelope Envelope(int from, int to, in RaftMessage message) =>
        Carry(message, new DiskId(1, (ulong)from), new DiskId(1, (ulong)to));
}

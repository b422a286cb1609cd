using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Recording;

namespace RaftSim.Simulation;

/// <summary>
/// Takes down what happens in a world, for people who want to see it: <see cref="SimWorld.Record"/>. Roles, messages and what
/// becomes of them, faults, requests and server events; written as a page that shows them on a time line. It changes nothing
/// about the run. When a run is so long that the page would be too large, its beginning is left out.
/// </summary>
public sealed class RunRecord
{
    /// <summary>About how large a page may be, in bytes, if nothing else is said: 50 MB.</summary>
    public const long BytesMaxDefault = 50_000_000;

    // What an item takes in the page, about. Texts of messages are mostly the same few, and each is there once.
    private const int MessageBytes = 50;
    private const int ChangeBytes = 44;
    private const int NoteBytes = 24;
    private const int RequestBytes = 44;

    // Each time that there is too much, so much of it goes.
    private const int PartLeftOut = 8;

    private readonly long _bytesMax;
    private SimWorld? _world;
    private long _bytes;

    /// <summary>Makes an empty record.</summary>
    /// <param name="bytesMax">About how large the page may be, in bytes, besides its frame. Above 0.</param>
    public RunRecord(long bytesMax = BytesMaxDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, 1);
        _bytesMax = bytesMax;
        Messages = new RecordedMessages(this);
    }

    /// <summary>From when on everything is kept, since the start of the world; zero: all of it.</summary>
    public Duration KeptFrom { get; private set; }

    /// <summary>
    /// How the run ends, as the page says it, where that is more than the world knows. Default: <see cref="SimWorld.Result"/>.
    /// </summary>
    public SimulationResult? Result { get; set; }

    /// <summary>False when the run was ended from outside, which the page then says. Default: true.</summary>
    public bool IsWhole { get; set; } = true;

    internal RecordedMessages Messages { get; }

    internal Tape<LaneChange> Changes { get; } = new(change => change.Time);

    internal Tape<RecordedPause> Pauses { get; } = new(pause => pause.Until);

    internal Tape<RecordedStrike> Strikes { get; } = new(strike => strike.End);

    internal Tape<RecordedNote> Notes { get; } = new(note => note.Time);

    /// <summary>Which server has which id, as far as they have said.</summary>
    internal ServerNumbers Numbers { get; } = new();

    internal Tape<SimRequest> Requests { get; } = new(request => request.AskedAt.Nanos);

    /// <summary>How each server stood where what is kept begins.</summary>
    internal LaneChange[] First { get; private set; } = [];

    /// <summary>When all faults were ended; null: not yet.</summary>
    internal long? SettledAt { get; private set; }

    internal SimWorld World =>
        _world ?? throw new InvalidOperationException("a record belongs to a world: set SimWorld.Record first");

    internal long Now => World.Timeline.Now;

    /// <summary>
    /// Writes the page: one HTML file that needs nothing else. Throws <see cref="InvalidOperationException"/> when the record
    /// belongs to no world.
    /// </summary>
    public void WriteHtml(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        PageWriter.Write(this, writer);
    }

    /// <summary>Writes what is in the page, as JSON alone; throws as <see cref="WriteHtml"/> does.</summary>
    public void WriteJson(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        new RecordWriter(this, writer).Write();
    }

    /// <summary>From now on it belongs to a world.</summary>
    internal void Begin(SimWorld world)
    {
        if (_world is not null && _world != world)
        {
            throw new InvalidOperationException("a record belongs to one world");
        }

        _world = world;
        First = [.. Enumerable.Range(0, world.ServerCount).Select(Stand)];
        KeptFrom = new Duration(Now);
    }

    internal void Changed(in ServerObservation seen)
    {
        Numbers.See(seen.Now.Self, seen.Server);
        Add(Lane(seen.Server, seen.Now));
    }

    /// <summary>A server starts, stops, or is gone for good.</summary>
    internal void Became(int server, LaneState state)
    {
        Resumed(server);
        Add(new LaneChange(Now, server, state));
    }

    internal void Paused(int server, long until)
    {
        Pauses.Add(new RecordedPause(Now, server) { Until = until });
        Spend(NoteBytes);
    }

    /// <summary>What is left of a server's pauses does not come about: it stops, or peace comes.</summary>
    internal void Resumed(int server)
    {
        foreach (RecordedPause pause in Pauses)
        {
            if (pause.Server == server && pause.Until > Now)
            {
                pause.Until = Now;
            }
        }
    }

    /// <summary>A decision of the seed is about to come to pass.</summary>
    internal void Begins(Decision decision)
    {
        if (decision.Kind is DecisionKind.Strike or DecisionKind.Blow)
        {
            Strikes.Add(new RecordedStrike(decision, Now));
            Spend(NoteBytes);
        }
    }

    /// <summary>Something befalls the world; <paramref name="cause"/> is the decision from which it follows, if any.</summary>
    internal void Said(string what, Decision? cause)
    {
        if (cause is { Kind: DecisionKind.Request })
        {
            // The request itself is there.
            return;
        }

        RecordedStrike? strike = cause is { } decision ? Strikes.LastOrNull(one => one.Decision == decision) : null;
        if (strike?.Tells(Now) != false)
        {
            Add(new RecordedNote(Now, NoteKind.Said, what) { Strike = strike });
        }
    }

    internal void Raised(int server, in ServerEvent raised) =>
        Add(new RecordedNote(Now, NoteKind.Event, $"{raised.Kind}: {raised.Text}") { Server = server });

    internal void Asked(SimRequest request)
    {
        Requests.Add(request);
        Spend(RequestBytes);
    }

    internal void Settled() => SettledAt ??= Now;

    /// <summary>A message is there.</summary>
    internal void SpendMessage() => Spend(MessageBytes);

    private LaneChange Stand(int server)
    {
        SimServer standing = World.Servers[server];
        LaneState down = standing.Presence switch
        {
            Presence.Coming => LaneState.Coming,
            Presence.Gone => LaneState.Gone,
            _ => LaneState.Down,
        };
        if (!standing.IsUp)
        {
            return new LaneChange(Now, server, down);
        }

        return standing.IsObserved
            ? Lane(server, standing.Status)
            : new LaneChange(Now, server, LaneState.Starting);
    }

    private LaneChange Lane(int server, in RaftStatus status) => new(Now, server, (LaneState)(byte)status.Role)
    {
        Term = status.Term,
        Commit = status.Commit,
        Last = status.LastIndex,
        LastTerm = status.LastTerm,
        Durable = status.DurableIndex,
        Leader = Numbers.NumberOf(status.Leader),
        Vote = Numbers.NumberOf(status.Vote),
    };

    private void Add(in LaneChange change)
    {
        Changes.Add(change);
        Spend(ChangeBytes);
    }

    private void Add(RecordedNote note)
    {
        Notes.Add(note);
        Spend(NoteBytes + note.Text.Length);
    }

    private void Spend(int bytes)
    {
        _bytes += bytes;
        if (_bytes > _bytesMax)
        {
            LeaveOut();
        }
    }

    // The oldest part of whatever there is most of, and all else of that time.
    private void LeaveOut()
    {
        long time = Messages.Tape.Count > Changes.Count
            ? Messages.Tape.TimeAt(Messages.Tape.Count / PartLeftOut)
            : Changes.TimeAt(Changes.Count / PartLeftOut);
        time = Math.Max(time, KeptFrom.Nanos + 1);
        KeptFrom = new Duration(time);
        Messages.Tape.DropBefore(time, _ => _bytes -= MessageBytes);
        Changes.DropBefore(time, change =>
        {
            First[change.Server] = change;
            _bytes -= ChangeBytes;
        });
        Notes.DropBefore(time, note => _bytes -= NoteBytes + note.Text.Length);
        Pauses.DropBefore(time, _ => _bytes -= NoteBytes);
        Strikes.DropBefore(time, _ => _bytes -= NoteBytes);
        Requests.DropBefore(time, _ => _bytes -= RequestBytes);
    }
}

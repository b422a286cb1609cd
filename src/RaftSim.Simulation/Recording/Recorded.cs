namespace RaftSim.Simulation.Recording;

/// <summary>What a server is at a moment. The numbers are in the page; the first four are those of the roles.</summary>
internal enum LaneState : byte
{
    Follower = 0,
    PreCandidate = 1,
    Candidate = 2,
    Leader = 3,

    /// <summary>It runs, and reads its disk.</summary>
    Starting = 4,
    Down = 5,

    /// <summary>It has not come yet.</summary>
    Coming = 6,

    /// <summary>It was taken away for good.</summary>
    Gone = 7,
}

/// <summary>From now on a server stands like this.</summary>
internal readonly record struct LaneChange(long Time, int Server, LaneState State)
{
    public Term Term { get; init; }

    public LogIndex Commit { get; init; }

    public LogIndex Last { get; init; }

    public Term LastTerm { get; init; }

    public LogIndex Durable { get; init; }

    /// <summary>The number of the leader that it knows; negative: none.</summary>
    public int Leader { get; init; } = -1;

    /// <summary>The number of whom it voted for in its term; negative: nobody.</summary>
    public int Vote { get; init; } = -1;
}

/// <summary>A server does nothing for a while.</summary>
internal sealed class RecordedPause(long time, int server)
{
    public long Time { get; } = time;

    public int Server { get; } = server;

    public long Until { get; set; }
}

/// <summary>A fault that the seed has decided, from its strike to the last thing that follows from it.</summary>
internal sealed class RecordedStrike(Decision decision, long time)
{
    // A storm of requests is not told one by one: the requests are there.
    private const int NotesMax = 60;

    private int _notes;

    public Decision Decision { get; } = decision;

    public long Time { get; } = time;

    public long End { get; private set; } = time;

    /// <summary>Its place in what is written.</summary>
    public int Place { get; set; } = -1;

    /// <summary>It does something; false when that is more than can be told.</summary>
    public bool Tells(long now)
    {
        End = now;
        return ++_notes <= NotesMax;
    }
}

/// <summary>Of what kind a note is. The numbers are in the page.</summary>
internal enum NoteKind : byte
{
    /// <summary>Something befalls the world.</summary>
    Said = 0,

    /// <summary>A server tells something that an operator would want to know.</summary>
    Event = 1,
}

/// <summary>Something that is told in words.</summary>
internal sealed record RecordedNote(long Time, NoteKind Kind, string Text)
{
    /// <summary>Who tells it; negative: nobody.</summary>
    public int Server { get; init; } = -1;

    /// <summary>The strike from which it follows, if any.</summary>
    public RecordedStrike? Strike { get; init; }
}

/// <summary>Finds the number of a server by the id that it has given itself.</summary>
internal sealed class ServerNumbers
{
    private readonly Lookup<ServerId, int> _numbers = new();

    public void See(ServerId id, int server) => _numbers[id] = server;

    /// <summary>Negative when nobody has that id.</summary>
    public int NumberOf(ServerId id) => !id.IsNone && _numbers.TryFind(id, out int number) ? number : -1;
}

using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Recording;

/// <summary>What became of a message. The numbers are in the page.</summary>
internal enum MessageFate : byte
{
    Arrived = 0,
    Lost = 1,
    UnderWay = 2,
}

/// <summary>A message, or a copy of one, with as much of it as people want to see.</summary>
internal sealed class RecordedMessage
{
    public required long Time { get; init; }

    public required int From { get; init; }

    public required int To { get; init; }

    /// <summary>A <see cref="RaftMessageKind"/>, or behind these a <see cref="ServerMessageKind"/>.</summary>
    public required int Kind { get; init; }

    /// <summary>When it arrived or was lost.</summary>
    public long End { get; set; }

    public MessageFate Fate { get; set; }

    /// <summary>Why it was lost, or that it comes again.</summary>
    public string Why { get; set; } = "";

    public Term Term { get; init; }

    public LogIndex Index { get; init; }

    public Term LogTerm { get; init; }

    public LogIndex Commit { get; init; }

    public LogIndex Hint { get; init; }

    public int Entries { get; init; }

    public bool Reject { get; init; }

    /// <summary>What it says, where it is no message of Raft.</summary>
    public string Text { get; init; } = "";
}

/// <summary>All messages of a run, from when they are sent to when they arrive or are lost.</summary>
internal sealed class RecordedMessages(RunRecord record)
{
    private RecordedMessage?[] _underWay = new RecordedMessage?[64];
    private RecordedMessage? _landing;
    private bool _isLanding;

    /// <summary>They, by the time at which they were sent.</summary>
    public Tape<RecordedMessage> Tape { get; } = new(message => message.Time);

    /// <summary>The place of a kind among all kinds.</summary>
    public static int KindOf(in Envelope envelope) => envelope.Message.Kind == ServerMessageKind.Raft
        ? (int)envelope.Message.Raft.Kind
        : (int)RaftMessageKind.Snapshot + (int)envelope.Message.Kind;

    /// <summary>A message, or a copy of one, is on its way; the slot is its own until it lands.</summary>
    public void Launched(int slot, int from, int to, in Envelope envelope)
    {
        if (slot >= _underWay.Length)
        {
            Array.Resize(ref _underWay, Math.Max(slot + 1, _underWay.Length * 2));
        }

        _underWay[slot] = Add(from, to, envelope, MessageFate.UnderWay);
    }

    /// <summary>A message comes to the end of its way; what is told of it until <see cref="Landed"/> is about it.</summary>
    public void Lands(int slot)
    {
        _isLanding = true;
        _landing = slot < _underWay.Length ? _underWay[slot] : null;
        if (_landing is not null)
        {
            _underWay[slot] = null;
            _landing.End = record.Now;
        }
    }

    /// <summary>It has arrived, or not.</summary>
    public void Landed(bool isHeard)
    {
        if (_landing is not null)
        {
            _landing.Fate = isHeard ? MessageFate.Arrived : MessageFate.Lost;
        }

        _isLanding = false;
        _landing = null;
    }

    /// <summary>Something has befallen a message: the one that lands, or one that is never under way.</summary>
    public void Befell(int from, int to, in Envelope envelope, string what)
    {
        RecordedMessage? befallen = _isLanding ? _landing : Add(from, to, envelope, MessageFate.Lost);
        befallen?.Why = what;
    }

    private RecordedMessage Add(int from, int to, in Envelope envelope, MessageFate fate)
    {
        ref readonly RaftMessage raft = ref envelope.Message.Raft;
        RecordedMessage message = new()
        {
            Time = record.Now,
            End = record.Now,
            From = from,
            To = to,
            Kind = KindOf(envelope),
            Fate = fate,
            Term = raft.Term,
            Index = raft.Index,
            LogTerm = raft.LogTerm,
            Commit = raft.Commit,
            Hint = raft.Hint,
            Entries = raft.Entries.Length,
            Reject = raft.Reject,
            Text = Gist(envelope.Message.Body),
        };
        Tape.Add(message);
        record.SpendMessage();
        return message;
    }

    private static string Gist(object? body) => body switch
    {
        ForwardedRequest forwarded => $"request of term {forwarded.Term} {SimWorld.Gist(forwarded.Request)}",
        ForwardedReply reply => $"answer of term {reply.Term}: {RequestWords.Gist(reply.Reply)}",
        SnapshotRequest asked => $"chunk {asked.Chunk} of the snapshot to {asked.Last.Index}@{asked.Last.Term}",
        SnapshotChunk { Bytes.Length: 0 } => "that snapshot is not there",
        SnapshotChunk chunk => $"chunk {chunk.Number} of {chunk.Chunks}, {chunk.Bytes.Length} bytes",
        Announcement announcement => announcement.WantsAnswer ? "wants an answer" : "",
        StatsRequest stats => $"round {stats.Round}",
        StatsReply stats => $"round {stats.Round}",
        _ => "",
    };
}

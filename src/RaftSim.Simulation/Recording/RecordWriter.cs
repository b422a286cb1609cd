using System.Globalization;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Recording;

/// <summary>
/// Writes a record as JSON: one array for each field of all messages, changes and so on, times as steps from one to the next in
/// nanoseconds. Page/data.js reads it.
/// </summary>
internal sealed class RecordWriter(RunRecord record, TextWriter writer)
{
    private readonly JsonOutput _json = new(writer);
    private readonly Lookup<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];

    public void Write()
    {
        _json.Open('{');
        WriteHead(record.Result ?? record.World.Result);
        WriteKinds();
        WriteLanes();
        WriteMessages();
        WriteFaults();
        WriteRequests();

        // Behind all that refer to them.
        _json.Name("texts");
        _json.Open('[');
        _texts.ForEach(_json.Text);
        _json.Close(']');
        _json.Close('}');
        writer.Write('\n');
    }

    private void WriteHead(SimulationResult result)
    {
        _json.Property("seed", string.Create(CultureInfo.InvariantCulture, $"{result.Seed}"));
        _json.Property("servers", result.Servers);
        _json.Property("from", record.KeptFrom.Nanos);
        _json.Property("end", result.Elapsed.Nanos);
        _json.Property("settled", record.SettledAt);
        _json.Property("whole", record.IsWhole ? 1 : 0);
        _json.Property("outcome", result.Outcome);
        _json.Property("traits", result.Traits);
        _json.Property("replay", result.ReplayCommand);
        _json.Property("trace", $"{result.TraceHash:x32}");
        _json.Name("violation");
        if (result.Violation is not { } violation)
        {
            _json.Null();
            return;
        }

        _json.Open('{');
        _json.Property("at", violation.Time.Nanos);
        _json.Property("checker", violation.Checker);
        _json.Property("text", violation.Explanation);
        _json.Close('}');
    }

    // Each kind of message with the group by which it is shown or hidden.
    private void WriteKinds()
    {
        _json.Name("kinds");
        _json.Open('[');
        foreach (RaftMessageKind kind in Enum.GetValues<RaftMessageKind>())
        {
            WriteKind(kind.ToString(), GroupOf(kind));
        }

        foreach (ServerMessageKind kind in Enum.GetValues<ServerMessageKind>().Where(kind => kind != ServerMessageKind.None))
        {
            bool isSnapshot = kind is ServerMessageKind.SnapshotRequest or ServerMessageKind.SnapshotChunk;
            WriteKind(kind.ToString(), isSnapshot ? "snapshots" : "other");
        }

        _json.Close(']');
    }

    private void WriteKind(string name, string group)
    {
        _json.Open('[');
        _json.Text(name);
        _json.Text(group);
        _json.Close(']');
    }

    private static string GroupOf(RaftMessageKind kind) => kind switch
    {
        RaftMessageKind.PreVote or RaftMessageKind.PreVoteReply or RaftMessageKind.Vote or RaftMessageKind.VoteReply
            or RaftMessageKind.TimeoutNow => "votes",
        RaftMessageKind.Append or RaftMessageKind.AppendReply => "appends",
        RaftMessageKind.Heartbeat or RaftMessageKind.HeartbeatReply => "heartbeats",
        RaftMessageKind.Snapshot => "snapshots",
        _ => "other",
    };

    private void WriteLanes()
    {
        LaneChange[] changes =
            [.. record.First.Select(change => change with { Time = record.KeptFrom.Nanos }), .. record.Changes];
        _json.Name("lanes");
        _json.Open('{');
        _json.Steps("t", changes, change => change.Time);
        _json.Column("s", changes, change => change.Server);
        _json.Column("state", changes, change => (long)change.State);
        _json.Column("term", changes, change => (long)change.Term.Value);
        _json.Column("commit", changes, change => (long)change.Commit.Value);
        _json.Column("last", changes, change => (long)change.Last.Value);
        _json.Column("lastTerm", changes, change => (long)change.LastTerm.Value);
        _json.Column("durable", changes, change => (long)change.Durable.Value);
        _json.Column("leader", changes, change => change.Leader);
        _json.Column("vote", changes, change => change.Vote);
        _json.Close('}');
        _json.Name("pauses");
        _json.Open('{');
        _json.Steps("t", record.Pauses, pause => pause.Time);
        _json.Column("d", record.Pauses, pause => pause.Until - pause.Time);
        _json.Column("s", record.Pauses, pause => pause.Server);
        _json.Close('}');
    }

    private void WriteMessages()
    {
        Tape<RecordedMessage> messages = record.Messages.Tape;
        _json.Name("messages");
        _json.Open('{');
        _json.Steps("t", messages, message => message.Time);
        _json.Column("d", messages, message => message.End - message.Time);
        _json.Column("from", messages, message => message.From);
        _json.Column("to", messages, message => message.To);
        _json.Column("k", messages, message => message.Kind);
        _json.Column("fate", messages, message => (long)message.Fate);
        _json.Column("why", messages, message => PlaceOf(message.Why));
        _json.Column("term", messages, message => (long)message.Term.Value);
        _json.Column("index", messages, message => (long)message.Index.Value);
        _json.Column("logTerm", messages, message => (long)message.LogTerm.Value);
        _json.Column("commit", messages, message => (long)message.Commit.Value);
        _json.Column("hint", messages, message => (long)message.Hint.Value);
        _json.Column("n", messages, message => message.Entries);
        _json.Column("reject", messages, message => message.Reject ? 1 : 0);
        _json.Column("x", messages, message => PlaceOf(message.Text));
        _json.Close('}');
    }

    private void WriteFaults()
    {
        int place = 0;
        foreach (RecordedStrike strike in record.Strikes)
        {
            strike.Place = place++;
        }

        _json.Name("strikes");
        _json.Open('{');
        _json.Steps("t", record.Strikes, strike => strike.Time);
        _json.Column("d", record.Strikes, strike => strike.End - strike.Time);
        _json.Column("name", record.Strikes, strike => PlaceOf(FaultCounts.NameOf(strike.Decision.Fault)));
        _json.Column("no", record.Strikes, strike => (long)strike.Decision.Number);
        _json.Close('}');
        _json.Name("notes");
        _json.Open('{');
        _json.Steps("t", record.Notes, note => note.Time);
        _json.Column("k", record.Notes, note => (long)note.Kind);
        _json.Column("s", record.Notes, note => note.Server);
        _json.Column("strike", record.Notes, note => note.Strike?.Place ?? -1);
        _json.Column("x", record.Notes, note => PlaceOf(note.Text));
        _json.Close('}');
    }

    private void WriteRequests()
    {
        Tape<SimRequest> requests = record.Requests;
        _json.Name("requests");
        _json.Open('{');
        _json.Steps("t", requests, request => request.AskedAt.Nanos);
        _json.Column("d", requests, request => request.AnsweredAt is { } at ? at.Nanos - request.AskedAt.Nanos : -1);
        _json.Column("id", requests, request => (long)request.Id);
        _json.Column("s", requests, request => request.Server);
        _json.Column("outcome", requests, request => (long)RequestWords.OutcomeOf(request));
        _json.Column("x", requests, request => PlaceOf(SimWorld.Gist(request.Request)));
        _json.Column("reply", requests, request => request.Reply is { } reply ? PlaceOf(RequestWords.Gist(reply)) : -1);
        _json.Close('}');
    }

    // Texts that come again and again are there once; negative: none.
    private int PlaceOf(string text)
    {
        if (text.Length == 0)
        {
            return -1;
        }

        if (!_places.TryFind(text, out int place))
        {
            place = _texts.Count;
            _texts.Add(text);
            _places.Add(text, place);
        }

        return place;
    }
}

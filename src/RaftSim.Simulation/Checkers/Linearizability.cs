using System.Buffers;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Everything that callers ask of the state machine and are answered is linearizable, in linear time, because the committed
/// log is the witness: a command has the place of its index, a query that of the index up to which its state machine had
/// applied. Each place lies between question and answer, each result is that of its place, a command whose outcome is
/// unknown is there at most once, and one that was refused never. Source: Herlihy and Wing, 1990; dissertation §6.3, §6.4.
/// </summary>
internal sealed class Linearizability(CommitHistory history, Shown shown) : IChecker
{
    // What had been shown when each question was asked.
    private readonly Lookup<ServerRequest, LogIndex> _calls = new(ReferenceEqualityComparer.Instance);

    // Commands by session and number, those of no session by their bytes.
    private readonly Lookup<(LogIndex Session, ulong Command), Operation> _operations = new();
    private readonly Lookup<LogIndex, Place> _places = new();
    private readonly List<LogIndex> _order = [];
    private readonly Lookup<(ulong Query, ulong Result, LogIndex Place), bool> _seen = new();
    private readonly Lookup<LogIndex, bool> _opened = new();
    private readonly TallyMachine _tally = new();
    private readonly ArrayBufferWriter<byte> _result = new();

    /// <inheritdoc/>
    public string Name => "linearizability";

    /// <summary>Whether the state machines are <see cref="TallyMachine"/>: then every answer can be worked out again.</summary>
    public bool IsTally { get; set; }

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        _calls.Add(request, shown.Last);
        if (request is not ProposeRequest propose)
        {
            return;
        }

        ulong payload = TraceHash.Of(propose.Payload.Span, 0);
        if (!_operations.TryFind(KeyOf(propose.Session, payload), out Operation operation))
        {
            operation = new Operation(payload, shown.Last);
            _operations[KeyOf(propose.Session, payload)] = operation;
        }

        operation.Calls++;
        operation.IsMixed |= operation.Payload != payload;
    }

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        AppliedEntry entry = observation.Entry;
        if (_order.Count > 0 && entry.Index <= _order[^1])
        {
            // By another server, or in another life: that it is the same then is looked after elsewhere.
            return;
        }

        ulong payload = TraceHash.Of(entry.Payload.Span, 0);
        (LogIndex, ulong) key = KeyOf(entry.Session?.Target, payload);
        if (!_operations.TryFind(key, out Operation operation) || (!operation.IsMixed && operation.Payload != payload))
        {
            throw new ViolationException(Name,
                $"server {observation.Server} applied at index {entry.Index} a command that nobody asked for");
        }

        operation.Applied++;
        Require(operation, entry.Session is not null, $"when server {observation.Server} applied index {entry.Index}");
        ulong result = TraceHash.Of(observation.Result.Span, 0);
        _order.Add(entry.Index);
        _places[entry.Index] = new Place(key, result);
        RequireTally(observation);
    }

    /// <inheritdoc/>
    public void Queried(in QueryObservation observation)
    {
        LogIndex place = PlaceOf(observation.Applied);
        ulong result = TraceHash.Of(observation.Result.Span, 0);
        _seen.Add((TraceHash.Of(observation.Query.Span, 0), result, place), true);
        ulong expected = place == LogIndex.Zero ? TraceHash.Of(new byte[observation.Result.Length], 0) : _places[place].Result;
        if (IsTally && result != expected)
        {
            throw new ViolationException(Name, $"server {observation.Server} lets a query see another state than that of index "
                + $"{place}, the last command it has applied");
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        switch (observation.Request, observation.Reply)
        {
            case (ProposeRequest propose, _):
                Answered(observation, propose);
                break;
            case (QueryRequest query, QueryReply reply):
                Answered(observation, query, reply);
                break;
            case (OpenSessionRequest, SessionReply reply):
                Opened(observation, reply.Session);
                break;
        }
    }

    private void Answered(in ReplyObservation observation, ProposeRequest propose)
    {
        ulong payload = TraceHash.Of(propose.Payload.Span, 0);
        (LogIndex, ulong) key = KeyOf(propose.Session, payload);
        Operation operation = _operations[key];
        switch (observation.Reply)
        {
            case CommandReply reply:
                if (!_places.TryFind(reply.Index, out Place place)
                    || place.Key != key || place.Result != TraceHash.Of(reply.Result.Span, 0))
                {
                    throw new ViolationException(Name, $"server {observation.Server} answered that a command was applied at "
                        + $"index {reply.Index}, but that is not what was applied there");
                }

                // A command of a session is one operation, however often it is asked for: from its first question on.
                bool isOnce = propose.Session is not null;
                if (place.IsTold && !isOnce)
                {
                    throw new ViolationException(Name, $"server {observation.Server} answered a second caller with what was "
                        + $"applied once, at index {reply.Index}");
                }

                place.IsTold = true;
                RequireAfter(observation, reply.Index, isOnce ? operation.Floor : _calls[propose]);
                break;
            case ErrorReply { Kind: ServerErrorKind.OutcomeUnknown or ServerErrorKind.SessionGone }:
                break;
            case ErrorReply error:
                operation.Refused++;
                Require(operation, isOnce: false, $"when server {observation.Server} answered \"{error.Text}\"");
                break;
            default:
                throw new ViolationException(
                    Name, $"server {observation.Server} answered a command with {observation.Reply.GetType().Name}");
        }
    }

    private void Answered(in ReplyObservation observation, QueryRequest query, QueryReply reply)
    {
        (ulong, ulong, LogIndex) said =
            (TraceHash.Of(query.Query.Span, 0), TraceHash.Of(reply.Result.Span, 0), PlaceOf(reply.Index));
        if (!_seen.Contains(said))
        {
            throw new ViolationException(Name, $"server {observation.Server} answered a query as of index {reply.Index} with "
                + "what no state machine said there");
        }

        LogIndex floor = _calls[query];
        if (query.Stale)
        {
            return;
        }

        if (reply.Index < floor)
        {
            throw new ViolationException(Name, $"server {observation.Server} answered a query as of index {reply.Index}, but "
                + $"{floor} had been shown before it was asked");
        }

        shown.Note(reply.Index);
    }

    private void Opened(in ReplyObservation observation, LogIndex session)
    {
        bool isThere = session > LogIndex.Zero && session <= history.Last
            && history.EntryAt(session) is { Kind: EntryKind.Command } entry
            && WireCodec.DecodeCommand(entry.Payload) is SessionCommand { Use.Verb: SessionVerb.Open };
        if (!isThere || !_opened.Add(session, true))
        {
            throw new ViolationException(Name, $"server {observation.Server} answered that session {session} was opened, but "
                + (isThere ? "told so before" : "nothing of that kind was committed"));
        }

        RequireAfter(observation, session, _calls[observation.Request]);
    }

    private void RequireAfter(in ReplyObservation observation, LogIndex place, LogIndex floor)
    {
        if (place <= floor)
        {
            throw new ViolationException(Name, $"server {observation.Server} answered that something was done at index {place}, "
                + $"but {floor} had been shown before it was asked");
        }

        shown.Note(place);
    }

    // Of those that are the same in every byte it is not known whose was applied, but it is known how many may be.
    private void Require(Operation operation, bool isOnce, string when)
    {
        if (operation.Applied > operation.Calls - operation.Refused || (isOnce && operation.Applied > 1))
        {
            throw new ViolationException(Name, $"a command was asked for {operation.Calls} times and refused {operation.Refused} "
                + $"times, but applied {operation.Applied} times {when}");
        }
    }

    private void RequireTally(in AppliedObservation observation)
    {
        _result.ResetWrittenCount();
        _tally.Apply(observation.Entry, _result);
        if (IsTally && !observation.Result.Span.SequenceEqual(_result.WrittenSpan))
        {
            throw new ViolationException(Name, $"server {observation.Server} answered index {observation.Entry.Index} otherwise "
                + "than the committed log has it");
        }
    }

    // The last command up to an index.
    private LogIndex PlaceOf(LogIndex index)
    {
        int at = _order.BinarySearch(index);
        at = at < 0 ? ~at - 1 : at;
        return at < 0 ? LogIndex.Zero : _order[at];
    }

    private static (LogIndex Session, ulong Command) KeyOf(SessionNumber? number, ulong payload) =>
        number is { } command ? (command.Session, command.Number) : (LogIndex.Zero, payload);

    private sealed class Operation(ulong payload, LogIndex floor)
    {
        public ulong Payload { get; } = payload;

        public LogIndex Floor { get; } = floor;

        public int Calls { get; set; }

        public int Refused { get; set; }

        public int Applied { get; set; }

        /// <summary>Whether callers gave one number to several commands: which of them is applied is not known.</summary>
        public bool IsMixed { get; set; }
    }

    private sealed class Place((LogIndex Session, ulong Command) key, ulong result)
    {
        public (LogIndex Session, ulong Command) Key { get; } = key;

        public ulong Result { get; } = result;

        public bool IsTold { get; set; }
    }
}

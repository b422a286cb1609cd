using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Operators are told the truth: whoever hears that a server was removed finds a configuration that has lost it, committed
/// behind everything that had been shown before it asked; whoever hears that leadership has moved finds that this server led
/// between question and answer, or a newer term than the one it moved from: a leader may learn late that it leads no more.
/// </summary>
internal sealed class OperatorAnswers(CommitHistory history, Shown shown) : IChecker
{
    private readonly Lookup<ServerRequest, (LogIndex Floor, long Step)> _calls = new(ReferenceEqualityComparer.Instance);
    private readonly HeldAnswers _answers = new();
    private readonly List<(LogIndex Index, ConfiguredServer Server)> _removals = [];

    // By server: its id, and until when it led; far in the future while it does.
    private readonly SortedDictionary<(int Server, ServerId Id), long> _led = [];
    private readonly SortedDictionary<ServerId, Term> _lastLed = [];
    private Configuration _latest = Configuration.Empty;
    private LogIndex _followed;
    private long _steps;

    /// <inheritdoc/>
    public string Name => "operator-answers";

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is RemoveServerRequest or TransferLeadershipRequest)
        {
            _calls.Add(request, (shown.Last, _steps));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Judged behind the step in which it is given, when what that step has committed is known.</remarks>
    public void Replied(in ReplyObservation observation)
    {
        if ((observation.Request, observation.Reply) is (RemoveServerRequest, DoneReply) or (_, TransferLeadershipReply))
        {
            _answers.Add(observation);
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        _steps++;
        if (observation.BecameLeader)
        {
            _led[(observation.Server, observation.Now.Self)] = long.MaxValue;
            _lastLed[observation.Now.Self] = observation.Now.Term;
        }
        else if (observation.Before.Role == RaftRole.Leader && observation.Now.Role != RaftRole.Leader)
        {
            End(observation.Server);
        }

        while (_followed < history.Last)
        {
            _followed = _followed.Next;
            Follow(history.EntryAt(_followed));
        }

        Judge(observation.Server);
    }

    /// <inheritdoc/>
    public void Stopped(int server)
    {
        End(server);
        Judge(server);
    }

    private void End(int server)
    {
        foreach ((int Server, ServerId Id) key in _led.Keys.Where(key => key.Server == server).ToArray())
        {
            _led[key] = Math.Min(_led[key], _steps);
        }
    }

    private void Follow(in LogEntry entry)
    {
        if (entry.Kind != EntryKind.Configuration)
        {
            return;
        }

        Configuration next = WireCodec.Configurations.Decode(entry.Payload);
        foreach (ConfiguredServer server in _latest.Servers)
        {
            if (!next.TryFind(server.Id, out ConfiguredServer still) || still.AddedAt != server.AddedAt)
            {
                _removals.Add((entry.Index, server));
            }
        }

        _latest = next;
    }

    private void Judge(int server)
    {
        while (_answers.TryTake(server, out ReplyObservation answer))
        {
            Judge(answer);
        }
    }

    private void Judge(in ReplyObservation answer)
    {
        (LogIndex floor, long step) = _calls[answer.Request];
        if (answer.Request is RemoveServerRequest remove)
        {
            int at = _removals.FindIndex(removal => removal.Index > floor && IsMeant(remove, removal.Server));
            if (at < 0)
            {
                throw new ViolationException(Name, $"server {answer.Server} answered that {remove.Id ?? remove.Address} was "
                    + $"removed, but no configuration behind index {floor} has lost it");
            }

            shown.Note(_removals[at].Index);
        }
        else if (answer.Reply is TransferLeadershipReply moved && moved.From != moved.To
            && !_led.Any(led => led.Key.Id == moved.To && led.Value >= step)
            && _lastLed.GetValueOrDefault(moved.To) <= _lastLed.GetValueOrDefault(moved.From))
        {
            throw new ViolationException(
                Name, $"server {answer.Server} answered that leadership moved to {moved.To}, which did not lead meanwhile");
        }
    }

    private static bool IsMeant(RemoveServerRequest remove, in ConfiguredServer server) =>
        remove.Id is { } id ? server.Id == new ServerId(id) : server.Address == new ServerAddress(remove.Address!);
}

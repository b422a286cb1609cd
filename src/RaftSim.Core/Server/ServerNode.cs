using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Storage;

namespace RaftSim.Server;

/// <summary>
/// One server: Raft, its log, the replicated state, the autopilot and the requests of callers. The only place where the
/// engines meet. Synchronous and deterministic: everything that happens is an input, everything it does leaves by the seams
/// given at construction. Not thread-safe.
/// </summary>
public sealed partial class ServerNode
{
    // The numbers of the random streams: one for each concern, so that none depends on how often another was read.
    private const ulong IdentityStream = 1;
    private const ulong RaftStream = 2;

    private readonly ServerOptions _options;
    private readonly ITransport _transport;
    private readonly IApplyStage _apply;
    private readonly IServerEvents _events;
    private readonly Prng _prng;
    private readonly Prng _identities;
    private readonly WriteAheadLog _log;
    private readonly SnapshotStore _snapshots;
    private readonly MemberTable _members = new();
    private readonly ClusterState _state = new();
    private readonly AutopilotDriver _autopilot;
    private readonly PendingRequests _requests = new();
    private readonly SortedSet<string> _refusalsTold = new(StringComparer.Ordinal);
    private readonly ulong _incarnation;

    private RaftNode? _raft;
    private FirstCluster? _first;
    private bool _failed;

    /// <summary>
    /// Starts reading the data folder. Throws <see cref="ArgumentException"/> that names the value and the rule when an
    /// option is out of range.
    /// </summary>
    /// <param name="options">Settings.</param>
    /// <param name="transport">Takes messages to other servers.</param>
    /// <param name="disk">The data folder.</param>
    /// <param name="apply">Applies commands to the user's state machine.</param>
    /// <param name="events">Takes answers and events.</param>
    /// <param name="prng">Random numbers: must differ from server to server and from start to start.</param>
    /// <param name="now">The time of the first <see cref="Handle"/>, or before.</param>
    public ServerNode(
        ServerOptions options, ITransport transport, IDisk disk, IApplyStage apply, IServerEvents events, Prng prng, MonoTime now)
    {
        options.Validate();
        _options = options;
        _transport = transport;
        _apply = apply;
        _events = events;
        _prng = prng;
        _identities = prng.Derive(IdentityStream);
        _incarnation = _identities.NextUInt64();
        _announceAt = now;
        _autopilot = new AutopilotDriver(
            options.AutopilotStateInterval, options.AutopilotReconcileInterval, new AutopilotPromoter(), _incarnation >> 1);
        _log = new WriteAheadLog(disk, new WriteAheadLogOptions
        {
            SegmentBytes = options.SegmentBytes,
            RequestedId = options.Id,
            NewId = Identities.NewServerId(_identities),
            NewDisk = new DiskId(_identities.NextUInt64(), _identities.NextUInt64()),
        });
        _snapshots = new SnapshotStore(disk);
        _log.Open();
    }

    /// <summary>Whether the data folder was read and the server takes part.</summary>
    public bool IsStarted => _raft is not null && !_failed;

    /// <summary>After the start: the server's id.</summary>
    public ServerId Id => _log.Id;

    /// <summary>After the start: the identity of its data folder.</summary>
    public DiskId Disk => _log.Disk;

    /// <summary>The cluster it belongs to; none before it has joined one.</summary>
    public ClusterId Cluster { get; private set; }

    /// <summary>After the start: the Raft engine, for reading only.</summary>
    public RaftNode? Raft => _raft;

    /// <summary>The replicated state, for reading only.</summary>
    public ClusterState State => _state;

    /// <summary>On the leader: the autopilot's latest state; <see langword="null"/> elsewhere and before the first one.</summary>
    public AutopilotState? AutopilotState => _autopilot.State;

    /// <summary>When to call <see cref="Handle"/> at the latest, even without inputs.</summary>
    public MonoTime NextDeadline
    {
        get
        {
            if (_failed || _raft is null)
            {
                return _requests.Count > 0 && !_failed ? _checkRequestsAt : MonoTime.Never;
            }

            MonoTime next = MonoTime.Min(MonoTime.Min(_raft.NextDeadline, _announceAt), _retrySpaceAt);
            next = MonoTime.Min(next, _tellNewsAt);
            next = _autopilot.IsRunning ? MonoTime.Min(next, _autopilot.NextDeadline) : next;
            next = _fetch is null ? next : MonoTime.Min(next, _fetch.RetryAt);
            return _requests.Count > 0 ? MonoTime.Min(next, _checkRequestsAt) : next;
        }
    }

    /// <summary>
    /// Takes all inputs, then lets time pass, then carries out what follows: everything written goes into one group commit.
    /// Throws <see cref="InvariantException"/> when the state is not to be trusted any more; the server must be stopped then.
    /// </summary>
    /// <param name="inputs">What happened, in this order; may be empty.</param>
    /// <param name="now">The time, never earlier than in the call before.</param>
    public void Handle(ReadOnlySpan<ServerInput> inputs, MonoTime now)
    {
        foreach (ref readonly ServerInput input in inputs)
        {
            if (_failed)
            {
                return;
            }

            Take(input, now);
        }

        if (_failed)
        {
            return;
        }

        // Inputs come first: after a pause, heartbeats that wait unread must not lose to the election timer.
        if (_raft is not null)
        {
            if (now >= _raft.NextDeadline)
            {
                _raft.Tick(now);
            }

            AnnounceIfDue(now);
            RetryFetchIfDue(now);
            RetrySpaceIfDue(now);
        }

        if (_requests.Count > 0 && now >= _checkRequestsAt)
        {
            CheckRequests(now);
        }

        CarryOut(now);
    }

    private void Take(in ServerInput input, MonoTime now)
    {
        switch (input.Kind)
        {
            case ServerInputKind.Received:
                Receive(input.Envelope, now);
                break;
            case ServerInputKind.DiskCompleted:
                TakeCompletion(input.Completion, now);
                break;
            case ServerInputKind.Applied:
                TakeApplied(new LogIndex(input.Number), (IReadOnlyList<ApplyResult>)input.Body!, now);
                break;
            case ServerInputKind.Requested:
                TakeRequest(input.Number, (ServerRequest)input.Body!, now);
                break;
            case ServerInputKind.Queried:
                TakeQueried(input.Number, (QueryResult)input.Body!);
                break;
            case ServerInputKind.SnapshotStep:
                TakeSnapshotStep(input.Number, (SnapshotOpResult)input.Body!, now);
                break;
            case ServerInputKind.None:
                break;
            default:
                throw new InvariantException($"unknown input {input.Kind}");
        }
    }

    // The log and the snapshots share the disk; tickets tell whose an operation was.
    private void TakeCompletion(in DiskCompletion completion, MonoTime now)
    {
        if ((completion.Ticket & SnapshotStore.TicketBit) != 0)
        {
            _snapshots.Complete(completion);
            TakeSnapshotEvents(now);
        }
        else
        {
            _log.Complete(completion);
            TakeLogEvents(now);
        }
    }

    private void Raise(ServerEventKind kind, string text, ServerId subject = default) =>
        _events.Raised(new ServerEvent(kind, text, subject, _raft?.Term ?? Term.Zero));

    // Said once in an incarnation: a peer that is refused tries again every second.
    private void RefuseOnce(string text, ServerId subject)
    {
        if (_refusalsTold.Count < 1_000 && _refusalsTold.Add(text))
        {
            Raise(ServerEventKind.Refused, text, subject);
        }
    }

    private void Fail(string text)
    {
        _failed = true;
        AnswerEverything();
        Raise(ServerEventKind.Fatal, text);
    }
}

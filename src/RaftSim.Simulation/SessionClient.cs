using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>
/// A caller with a client session: numbers its commands, repeats them through any server, sometimes while an answer is still
/// on its way, gives some up, and now and then lets the session expire. What it does follows from the draws alone.
/// </summary>
internal sealed class SessionClient(SimWorld world)
{
    private const int OpenMax = 4;

    private readonly SortedDictionary<ulong, Command> _open = [];
    private readonly List<SimRequest> _kept = [];
    private SimRequest? _opening;
    private LogIndex? _session;
    private Duration _lifetime;
    private Duration _usedAt;
    private ulong _last;

    /// <summary>Takes note of answers, and asks for one thing more.</summary>
    public void Act(Draw draw, int server, Func<byte[]> payload)
    {
        Settle();
        if (_session is not { } session)
        {
            Open(draw, server);
            return;
        }

        int act = draw.Below(1, 64);
        if (act == 0)
        {
            world.Request(server, new CloseSessionRequest(session));
            Forget();
        }
        else if (act < 4)
        {
            _kept.Add(world.Request(server, new KeepSessionRequest(session)));
        }
        else if (act < 7 && _open.Count > 0)
        {
            _open.Remove(Choose(draw));
        }
        else if (_open.Count == 0 || (_open.Count < OpenMax && draw.PerMille(2, 400)))
        {
            Command command = new(payload());
            _open.Add(++_last, command);
            Ask(server, session, _last, command);
        }
        else
        {
            ulong number = Choose(draw);
            Ask(server, session, number, _open[number]);
        }
    }

    private void Ask(int server, LogIndex session, ulong number, Command command) =>
        command.Attempts.Add(world.Request(
            server,
            new ProposeRequest(command.Payload) { Session = new SessionNumber(session, number, _open.Keys.First()) }));

    private ulong Choose(Draw draw) => _open.Keys.ElementAt(draw.Below(3, _open.Count));

    private void Open(Draw draw, int server)
    {
        if (_opening is null or { IsOver: true })
        {
            _lifetime = Duration.Seconds(1 << draw.Below(4, 5));
            _opening = world.Request(server, new OpenSessionRequest(_lifetime));
        }
    }

    private void Settle()
    {
        if (_session is null && _opening?.Reply is SessionReply opened)
        {
            _session = opened.Session;
            _usedAt = _opening.AskedAt;
        }

        SimRequest? gone = null;
        foreach ((ulong number, Command command) in _open.ToArray())
        {
            if (Settle(command.Attempts, ref gone))
            {
                _open.Remove(number);
            }
        }

        Settle(_kept, ref gone);
        _kept.RemoveAll(request => request.IsOver);
        if (gone is not null)
        {
            RequireExpired(gone);
            Forget();
        }
    }

    // True when one of them has its result.
    private bool Settle(List<SimRequest> attempts, ref SimRequest? gone)
    {
        bool isDone = false;
        foreach (SimRequest attempt in attempts)
        {
            if (attempt.Reply is CommandReply or DoneReply)
            {
                isDone = true;
                _usedAt = attempt.AskedAt > _usedAt ? attempt.AskedAt : _usedAt;
            }
            else if (attempt.Reply is ErrorReply { Kind: ServerErrorKind.SessionGone })
            {
                gone ??= attempt;
            }
        }

        return isDone;
    }

    // A session that its caller has not closed is gone only after a lifetime without use: cluster time passes no faster than
    // the fastest of the clocks.
    private void RequireExpired(SimRequest gone)
    {
        Int128 unused = (Int128)(gone.AnsweredAt!.Value - _usedAt).Nanos * (1_000_000 + world.Options.DriftPpmMax);
        if (unused <= (Int128)_lifetime.Nanos * 1_000_000)
        {
            world.Fail("sessions-last", $"session {_session} of {_lifetime} was used at {_usedAt}, but gone at "
                + $"{gone.AnsweredAt}");
        }
    }

    private void Forget()
    {
        _session = null;
        _opening = null;
        _last = 0;
        _open.Clear();
        _kept.Clear();
    }

    private sealed record Command(byte[] Payload)
    {
        public List<SimRequest> Attempts { get; } = [];
    }
}

using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.States;

// What callers ask and are told.
internal sealed partial class StateWatch
{
    private const int OpenMany = 10;

    // Commands of no session that were applied, by their bytes, and those of which a caller was told that nobody knows.
    private readonly Lookup<ulong, bool> _done = new();
    private readonly Lookup<ulong, bool> _unknown = new();
    private readonly List<ulong> _unknowns = [];
    private readonly Lookup<LogIndex, bool> _told = new();
    private LogIndex _applied;

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        Seat seat = _seats[server];
        seat.Open++;
        Mark(SimState.AskedDuringTransfer, seat.Leads && !seat.TransferTarget.IsNone);
    }

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        if (observation.Entry.Index <= _applied)
        {
            return;
        }

        _applied = observation.Entry.Index;
        if (observation.Entry.Session is null)
        {
            ulong command = TraceHash.Of(observation.Entry.Payload.Span, 0);
            _done.Add(command, true);
            Mark(SimState.UnknownThenDone, _unknowns.Count > 0 && _unknown.Contains(command));
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        Seat seat = _seats[observation.Server];
        seat.Open--;
        switch (observation.Reply)
        {
            case CommandReply reply:
                Done(observation, reply);
                break;
            case QueryReply reply:
                Read(seat, observation, reply);
                break;
            case ErrorReply error:
                Refused(observation, error);
                break;
            case SetAutopilotConfigReply reply:
                bool isCas = ((SetAutopilotConfigRequest)observation.Request).Cas is not null;
                Mark(SimState.CasRefused, !reply.Applied);
                Mark(SimState.CasTaken, reply.Applied && isCas);
                break;
            case TransferLeadershipReply reply:
                Mark(reply.From == reply.To ? SimState.TransferToSelf : SimState.TransferDone);
                break;
            case AutopilotHealthReply reply:
                Shown(reply.State);
                break;
        }
    }

    private void Done(in ReplyObservation observation, CommandReply reply)
    {
        Mark(SimState.CommandOutlivesLeader, observation.AskedAt > _firstLedAt && observation.AskedAt < _ledSince);
        if (observation.Request is ProposeRequest { Session: not null } && !_told.Add(reply.Index, true))
        {
            Mark(SimState.RepeatRemembered);
        }
    }

    private void Read(Seat seat, in ReplyObservation observation, QueryReply reply)
    {
        if (observation.Request is QueryRequest { Stale: true })
        {
            Mark(SimState.AskedWithoutLeader, seat.Leader.IsNone);
            Mark(SimState.AnsweredFromFarBehind, reply.Index.Value + Many < _applied.Value);
            return;
        }

        Duration asked = observation.AskedAt;
        bool hasOthers = seat.Configuration.VoterCount > 1;
        Mark(SimState.ReadByLease, hasOthers && seat.Leads && seat.LedFrom < asked && seat.HeardAt < asked);
        Mark(SimState.ReadOutlivesLeader, !seat.Leads && seat.LedFrom < asked && asked < seat.LedTo);
    }

    private void Refused(in ReplyObservation observation, ErrorReply error)
    {
        switch (error.Kind)
        {
            case ServerErrorKind.OutcomeUnknown when observation.Request is ProposeRequest { Session: null } propose:
                Unknown(TraceHash.Of(propose.Payload.Span, 0));
                break;
            case ServerErrorKind.SessionGone:
                Mark(SimState.SessionForgot, Has(error.Text, " has forgotten number "));
                Mark(SimState.KeptTooLate, observation.Request is KeepSessionRequest);
                Mark(SimState.SessionExpired, observation.Request is ProposeRequest && Has(error.Text, " is not open: "));
                break;
            case ServerErrorKind.Busy:
                Mark(SimState.Busy);
                break;
            case ServerErrorKind.NoLeader:
                Mark(SimState.NoLeaderFound);
                break;
            case ServerErrorKind.NotReady:
                Mark(SimState.LeaderNotReady);
                break;
            case ServerErrorKind.Refused:
                Mark(SimState.TransferLost, Has(error.Text, " was elected instead"));
                break;
        }
    }

    private void Unknown(ulong command)
    {
        if (_done.Contains(command))
        {
            Mark(SimState.UnknownButDone);
        }
        else if (_unknown.Add(command, true))
        {
            _unknowns.Add(command);
        }
    }

    private void Shown(AutopilotState? state)
    {
        Mark(SimState.ShownNoHealth, state is null);
        Mark(SimState.ShownUnhealthy, state is { Healthy: false });
        Mark(SimState.Tolerance0, state is { FailureTolerance: 0 });
        Mark(SimState.Tolerance1, state is { FailureTolerance: 1 });
        Mark(SimState.Tolerance2, state is { FailureTolerance: 2 });
    }

    /// <inheritdoc/>
    public void Ended(int server, in RaftStatus status, ReplicaLog log)
    {
        foreach (ulong command in _unknowns)
        {
            Mark(SimState.UnknownNeverDone, !_done.Contains(command));
        }
    }
}

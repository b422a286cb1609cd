using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Faults;

namespace RaftSim.Simulation;

// What servers tell the world, what the world tells people, and how it ends.
public sealed partial class SimWorld
{
    // The command line makes worlds from the seed alone and leaves them to themselves: any other it cannot repeat.
    private string ReplayCommand => _isSwarm && _injector is not null && IsWhole
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"dotnet run --project src/RaftSim.Cli -- simulate --seed {Seed} --servers {ServerCount}"
                + $"{(_zones is int zones ? $" --zones {zones}" : "")} --duration {_duration} --faults {_plan}")
                + string.Concat(_requirements.Select(requirement => $" --require '{requirement}'"))
        : string.Create(
            CultureInfo.InvariantCulture, $"the same program again, with new SimWorld({Seed}, {ServerCount}, ...)");

    // Everything that the make-up of a world decides and the faults do not show.
    private string DescribeTraits()
    {
        ServerOptions options = _servers[0].Options;
        CultureInfo culture = CultureInfo.InvariantCulture;
        return string.Join(
            ", ",
            string.Create(culture, $"election timeout {options.ElectionTimeout}"),
            DescribeShape(),
            options.Id.IsNone ? "drawn ids" : "given ids",
            Options.EncodesMessages ? "messages as bytes" : "messages as objects",
            string.Create(culture, $"delays from {Options.Network.DelayMin} and {Options.Network.DelayMean} more"),
            DescribeMessageFaults(),
            string.Create(culture, $"operations of disks from {Options.Disk.OperationMin} to {Options.Disk.OperationMax}"),
            string.Create(culture, $"syncs from {Options.Disk.SyncMin} to {Options.Disk.SyncMax}"),
            string.Create(culture, $"batches applied in {Options.ApplyMean}"),
            string.Create(culture, $"steps of {Options.StepMean}"),
            string.Create(culture, $"clocks up to {Options.DriftPpmMax} ppm fast or slow"),
            $"wall clocks up to {Options.WallSkewMax} off",
            options.ReadLease ? $"leases with a bound of {options.ClockDriftPpmMax} ppm" : "no leases",
            string.Create(culture, $"a snapshot every {options.SnapshotEntries} entries or {options.SnapshotBytes} bytes"),
            string.Create(culture, $"{options.TrailingEntries} kept behind it, chunks of {options.SnapshotChunkBytes}"),
            string.Create(culture, $"segments of {options.SegmentBytes}, appends of {options.AppendEntriesMax} entries or "
                + $"{options.AppendBytesMax} bytes, {options.InflightAppendsMax} at a time"),
            string.Create(culture, $"at most {options.UncommittedEntriesMax} entries uncommitted"),
            string.Create(culture, $"faults that last {FaultInjector.SpanOf(Seed, _plan)}"),
            DescribeGaps(),
            string.Create(culture, $"MinQuorum {options.InitialAutopilot.MinQuorum}"),
            FaultInjector.IsReckless(Seed, _plan) ? "disks lost while others seem dead" : "no more disks lost than is safe",
            string.Create(culture, $"a request every {_work.Gap}, {_work.ReadsPerMille} of 1000 reads, "
                + $"{_work.SessionsPerMille} by {_work.SessionClients} callers with sessions"));
    }

    private string DescribeMessageFaults()
    {
        LinkOptions worst = FaultRates.Worsen(Seed, AskedKinds, Options.Network);
        CultureInfo culture = CultureInfo.InvariantCulture;
        return string.Create(culture, $"of 1000 messages {worst.DropPerMille} lost, {worst.DuplicatePerMille} twice, ")
            + string.Create(culture, $"{worst.ReorderPerMille} out of order, {worst.SlowPerMille} held up, ")
            + string.Create(culture, $"{worst.LateCopyPerMille} again much later, {worst.CorruptPerMille} damaged");
    }

    private string DescribeGaps()
    {
        string[] gaps =
        [
            .. AskedKinds.Where(FaultCatalogue.Strikes)
                .Select(kind => $"{FaultCounts.NameOf(kind)} every {FaultRates.MeanGap(Seed, kind)}"),
        ];
        return gaps.Length == 0 ? "none that strike" : $"on average {string.Join(", ", gaps)}";
    }

    // A broken promise may show itself anywhere; from here on the world is not to be used.
    private void Watched(Action action)
    {
        try
        {
            action();
        }
        catch (ViolationException violation)
        {
            _violation = new Violation(violation.Checker, Now, violation.Message);
            Trace?.WriteLine($"{Now} FAILED {violation.Checker}: {violation.Message}");
            Trace?.Flush();
            throw new SimulationFailedException(Result);
        }
    }

    private void RequireIntact()
    {
        if (_violation is not null)
        {
            throw new SimulationFailedException(Result);
        }
    }

    private static void Guard(SimServer server, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is not ViolationException)
        {
            throw Thrown(server, exception);
        }
    }

    // The server says that it cannot go on. With disks that fail that is right, and it starts again as after a crash.
    private void Fall(SimServer server, string reason)
    {
        // So it is on a full disk, where nothing can be begun.
        bool mayFail = server.Disk.IsFull || server.HasDiskFailed || server.Doom != DiskDoom.None;
        if (Options.Disk is { FailuresPerMillion: 0, SyncFailuresPerMillion: 0 } && !mayFail)
        {
            throw new ViolationException("no-fatal", $"server {server.Number} gave up: {reason}");
        }

        bool isRefused = server.Doom == DiskDoom.Rotten && !server.IsObserved;
        Crash(server.Number);
        if (isRefused)
        {
            ReplaceDisk(server);
        }

        RestartLater(server);
    }

    private void Tell(SimServer server, string what) => Trace?.WriteLine($"{Now} s{server.Number} {what}");

    private void TellMessage(SimServer server, int from, in Envelope envelope)
    {
        if (Trace is null)
        {
            return;
        }

        if (envelope.Message.Kind != ServerMessageKind.Raft)
        {
            Tell(server, $"<- s{from} {envelope.Message.Kind}");
            return;
        }

        ref readonly RaftMessage raft = ref envelope.Message.Raft;
        string reject = raft.Reject ? $" rejected hint {raft.Hint}" : "";
        string entries = raft.Entries.Length > 0 ? $" entries {raft.Entries.Length}" : "";
        Tell(server, $"<- s{from} {raft.Kind} term {raft.Term} index {raft.Index}@{raft.LogTerm} commit {raft.Commit}"
            + entries + reject);
    }

    private void TellChange(SimServer server, in ServerObservation seen)
    {
        Record?.Changed(seen);
        if (Trace is not null)
        {
            Tell(server, $"is {seen.Now.Role} in term {seen.Now.Term}, log to {seen.Now.LastIndex}@{seen.Now.LastTerm}, durable "
                + $"{seen.Now.DurableIndex}, committed {seen.Now.Commit}");
        }
    }

    private ServerSight Sight(SimServer server)
    {
        MonoTime now = server.Clock.At(Timeline.Now);
        WallTime wall = server.WallClockOrigin + new Duration(now.Nanos);
        return new ServerSight(
            now, wall, server.Incarnation, server.Options.FailureTimeout, server.Node?.AutopilotState);
    }

    private MonoTime ClockOf(int server) => _servers[server].Clock.At(Timeline.Now);

    private Duration? PromiseOf(int server) =>
        _servers[server].Options is { ReadLease: true } options ? options.ElectionTimeout : null;

    // How a server stands at the moment in which it reports, whatever it says of itself.
    private void NoteReport(SimServer server)
    {
        RaftStatus status = server.Node!.Raft!.Status;
        Duration contact = status.LeaderContact is { } heard ? Sight(server).Now - heard : new Duration(-1);
        contact = status.Role == RaftRole.Leader ? Duration.Zero : contact;
        _health.Reported(status.Self, new ServerStats(contact, status.LastTerm, status.LastIndex));
    }

    private sealed class Listener(SimWorld world, SimServer server) : IServerEvents
    {
        public void Replied(ulong requestId, ServerReply reply)
        {
            SimRequest? request = requestId < (ulong)world._requests.Count ? world._requests[(int)requestId] : null;
            if (request is null || request.Server != server.Number || request.Incarnation != server.Incarnation)
            {
                throw new ViolationException(
                    "one-answer", $"server {server.Number} answered request {requestId}, which it never got");
            }

            if (request.Reply is not null)
            {
                throw new ViolationException(
                    "one-answer", $"server {server.Number} answered request {requestId} twice: {request.Reply}, then {reply}");
            }

            request.Reply = reply;
            request.AnsweredAt = world.Now;
            server.Open.Remove(request);
            world._answered++;
            world._acknowledged += reply is CommandReply ? 1 : 0;
            world._hash.Add(requestId);
            world._hash.Add(Gist(reply));
            if (world.Trace is not null)
            {
                world.Tell(server, $"answers request {requestId}: {reply}");
            }

            ReplyObservation observation = new(server.Number, request.Request, reply) { AskedAt = request.AskedAt };
            foreach (IChecker checker in world._listeners.Replied)
            {
                checker.Replied(observation);
            }
        }

        public void Raised(in ServerEvent serverEvent)
        {
            world._hash.Add(((ulong)serverEvent.Kind << 56) ^ serverEvent.Term.Value);
            world.Record?.Raised(server.Number, serverEvent);
            if (world.Trace is not null)
            {
                world.Tell(server, $"{serverEvent.Kind}: {serverEvent.Text}");
            }

            foreach (IChecker checker in world._checkers)
            {
                checker.Raised(server.Number, serverEvent);
            }

            if (serverEvent.Kind == ServerEventKind.Fatal)
            {
                server.Failure = serverEvent.Text;
            }
        }

        private static ulong Gist(ServerReply reply) => reply switch
        {
            CommandReply done => (1UL << 56) | done.Index.Value,
            SetAutopilotConfigReply set => (2UL << 56) | (set.Applied ? 1UL : 0UL),
            RaftConfigurationReply raft => (3UL << 56) | raft.Index.Value,
            AutopilotConfigReply config => (4UL << 56) | config.ModifyIndex.Value,
            AutopilotHealthReply health => (5UL << 56) | (health.State is { Healthy: true } ? 1UL : 0UL),
            QueryReply query => (8UL << 56) ^ Prng.Hash(query.Index.Value, TraceHash.Of(query.Result.Span, 0)),
            TransferLeadershipReply transfer => (9UL << 56) | (transfer.From == transfer.To ? 1UL : 0UL),
            SessionReply session => (10UL << 56) | session.Session.Value,
            ErrorReply error => (6UL << 56) | (ulong)error.Kind,
            _ => 7UL << 56,
        };
    }
}

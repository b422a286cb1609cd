using System.Text;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// The built-in state is linearizable, with the committed log as the witness: whoever wrote the autopilot's settings is
/// told what became of it there (with check-and-set, that nobody had written since), unknown outcomes count once and
/// refused ones never, and reads show the settings of a place between question and answer. Reads of the Raft configuration
/// show one that stood in a log, and none from before what had been shown.
/// </summary>
internal sealed class SettingsHistory(CommitHistory history, Shown shown) : IChecker
{
    // More than a leader appends in one step.
    private const ulong UnseenMax = 1_000;

    private readonly Lookup<ServerRequest, LogIndex> _calls = new(ReferenceEqualityComparer.Instance);
    private readonly Lookup<(AutopilotConfig Config, ulong? Cas), Writes> _writes = new();
    private readonly List<(LogIndex Index, AutopilotConfig Config)> _versions = [];
    private readonly List<LogIndex> _configurations = [];
    private readonly Lookup<(LogIndex Index, ulong Servers), bool> _known = new();
    private readonly HeldAnswers _answers = new();
    private readonly WireDecoder _decoder = new();

    // Where leaders were deposed: what one has appended in the same step is gone before anybody sees it.
    private readonly List<LogIndex> _deposed = [];
    private LogIndex _followed;

    /// <inheritdoc/>
    public string Name => "settings-history";

    /// <summary>The settings as of an index that is committed; <see langword="null"/> before the first ones.</summary>
    public AutopilotConfig? AsOf(LogIndex index)
    {
        int at = _versions.Count - 1;
        while (at >= 0 && _versions[at].Index > index)
        {
            at--;
        }

        return at >= 0 ? _versions[at].Config : null;
    }

    /// <summary>The settings as of an index that is committed, and all that were written from there to another one.</summary>
    public IEnumerable<AutopilotConfig> Between(LogIndex first, LogIndex last)
    {
        for (int i = _versions.Count - 1; i >= 0; i--)
        {
            if (_versions[i].Index <= last)
            {
                yield return _versions[i].Config;
            }

            if (_versions[i].Index <= first)
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is not (SetAutopilotConfigRequest or GetAutopilotConfigRequest or GetRaftConfigurationRequest))
        {
            return;
        }

        _calls.Add(request, shown.Last);
        if (request is SetAutopilotConfigRequest set)
        {
            WritesOf(set.Config, set.Cas).Calls++;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A server answers in the step in which it learns that something is committed; what it has learnt is seen after the step.
    /// </remarks>
    public void Replied(in ReplyObservation observation)
    {
        if (observation.Request is SetAutopilotConfigRequest or GetAutopilotConfigRequest or GetRaftConfigurationRequest)
        {
            _answers.Add(observation);
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        ReplicaLog log = observation.Log;
        if (observation.Before.Role == RaftRole.Leader && observation.Now.Role != RaftRole.Leader)
        {
            _deposed.Add(observation.Before.LastIndex);
        }

        for (LogIndex index = observation.ChangedFrom; index <= log.LastIndex; index = index.Next)
        {
            if (log.EntryAt(index) is { Kind: EntryKind.Configuration } entry)
            {
                _known.Add((index, Gist(WireCodec.Configurations.Decode(entry.Payload))), true);
            }
        }

        while (_followed < history.Last)
        {
            _followed = _followed.Next;
            Follow(history.EntryAt(_followed));
        }

        Judge(observation.Server);
    }

    /// <inheritdoc/>
    public void Stopped(int server) => Judge(server);

    private void Follow(in LogEntry entry)
    {
        if (entry.Kind == EntryKind.Configuration)
        {
            _configurations.Add(entry.Index);
        }

        switch (entry.Kind == EntryKind.Command ? _decoder.DecodeCommand(entry.Payload) : null)
        {
            case InitializeAutopilotCommand first when _versions.Count == 0:
                _versions.Add((entry.Index, first.Config));
                break;
            case SetAutopilotCommand set:
                bool isDone = set.Cas is null || (_versions.Count > 0 && _versions[^1].Index.Value == set.Cas);
                if (isDone)
                {
                    _versions.Add((entry.Index, set.Config));
                }

                Writes writes = WritesOf(set.Config, set.Cas);
                writes.Done.Add((entry.Index, isDone));
                Require(writes, $"when index {entry.Index} was committed");
                break;
        }
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
        LogIndex floor = _calls[answer.Request];
        switch (answer.Request, answer.Reply)
        {
            case (SetAutopilotConfigRequest set, SetAutopilotConfigReply reply):
                JudgeWrite(answer.Server, WritesOf(set.Config, set.Cas), reply.Applied, floor);
                break;
            case (SetAutopilotConfigRequest set, ErrorReply { Kind: not ServerErrorKind.OutcomeUnknown }):
                WritesOf(set.Config, set.Cas).Refused++;
                Require(WritesOf(set.Config, set.Cas), $"when server {answer.Server} refused it");
                break;
            case (GetAutopilotConfigRequest get, AutopilotConfigReply reply):
                JudgeRead(answer.Server, reply, get.Stale, floor);
                break;
            case (GetAutopilotConfigRequest { Stale: false }, ErrorReply { Kind: ServerErrorKind.NotFound }):
                if (_versions.Count > 0 && _versions[0].Index <= floor)
                {
                    throw new ViolationException(Name, $"server {answer.Server} answered that there are no settings, but "
                        + $"{floor} had been shown before it was asked");
                }

                break;
            case (GetRaftConfigurationRequest get, RaftConfigurationReply reply):
                JudgeRead(answer.Server, reply, get.Stale, floor);
                break;
        }
    }

    // Of writes that are the same it is not known whose is whose: the earliest that fits leaves most to those to come.
    private void JudgeWrite(int server, Writes writes, bool isDone, LogIndex floor)
    {
        int at = writes.Done.FindIndex(done => done.Index > floor && done.IsDone == isDone);
        if (at < 0)
        {
            throw new ViolationException(Name, $"server {server} answered that settings were {(isDone ? "" : "not ")}written, "
                + $"but no write behind index {floor} came to that");
        }

        shown.Note(writes.Done[at].Index);
        writes.Done.RemoveAt(at);
        writes.Told++;
    }

    private void JudgeRead(int server, AutopilotConfigReply reply, bool isStale, LogIndex floor)
    {
        int at = _versions.FindLastIndex(version => version.Index == reply.ModifyIndex);
        if (at < 0 || _versions[at].Config != reply.Config || _versions[0].Index != reply.CreateIndex)
        {
            throw new ViolationException(Name, $"server {server} showed settings of index {reply.ModifyIndex} that were not "
                + "written there");
        }

        if (isStale)
        {
            return;
        }

        if (at + 1 < _versions.Count && _versions[at + 1].Index <= floor)
        {
            throw new ViolationException(Name, $"server {server} showed the settings of index {reply.ModifyIndex}, but {floor} "
                + $"had been shown before it was asked, and index {_versions[at + 1].Index} replaced them");
        }

        shown.Note(reply.ModifyIndex);
    }

    private void JudgeRead(int server, RaftConfigurationReply reply, bool isStale, LogIndex floor)
    {
        bool wasThere = reply.Index == LogIndex.Zero || _known.Contains((reply.Index, Gist(reply)))
            || _deposed.Exists(last => reply.Index > last && reply.Index <= last + UnseenMax);
        if (!wasThere)
        {
            throw new ViolationException(Name, $"server {server} showed a configuration of index {reply.Index} that stood in no "
                + "log there");
        }

        LogIndex owed = _configurations.FindLast(index => index <= floor);
        if (!isStale && reply.Index < owed)
        {
            throw new ViolationException(Name, $"server {server} showed the configuration of index {reply.Index}, but {floor} "
                + $"had been shown before it was asked, and index {owed} replaced it");
        }
    }

    private Writes WritesOf(AutopilotConfig config, ulong? cas)
    {
        if (!_writes.TryFind((config, cas), out Writes writes))
        {
            writes = new Writes();
            _writes[(config, cas)] = writes;
        }

        return writes;
    }

    private void Require(Writes writes, string when)
    {
        if (writes.Done.Count + writes.Told > writes.Calls - writes.Refused)
        {
            throw new ViolationException(Name, $"settings were asked for {writes.Calls} times and refused {writes.Refused} "
                + $"times, but came to the log {writes.Done.Count + writes.Told} times {when}");
        }
    }

    private static ulong Gist(Configuration configuration)
    {
        ulong gist = 0;
        foreach (ConfiguredServer server in configuration.Servers)
        {
            gist = Gist(gist, server.Id, server.Address, server.Suffrage);
        }

        return gist;
    }

    private static ulong Gist(RaftConfigurationReply reply)
    {
        ulong gist = 0;
        foreach (RaftConfigurationServer server in reply.Servers)
        {
            gist = Gist(gist, server.Id, server.Address, server.Suffrage);
        }

        return gist;
    }

    private static ulong Gist(ulong before, ServerId id, ServerAddress address, Suffrage suffrage) =>
        TraceHash.Of(Encoding.UTF8.GetBytes($"{id} {address} {suffrage}"), before);

    private sealed class Writes
    {
        public int Calls { get; set; }

        public int Refused { get; set; }

        public int Told { get; set; }

        /// <summary>Where they stand in the log, and whether they took effect, save those that a caller was told of.</summary>
        public List<(LogIndex Index, bool IsDone)> Done { get; } = [];
    }
}

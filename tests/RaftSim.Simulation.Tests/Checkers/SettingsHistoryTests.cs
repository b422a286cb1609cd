using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Wire;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged histories of the built-in state. Source: Nomad's check-and-set rule.</summary>
public sealed class SettingsHistoryTests
{
    private readonly CommitHistory _history = new();
    private readonly Shown _shown = new();
    private readonly SettingsHistory _checker;
    private readonly Forge _server = new(0);

    public SettingsHistoryTests()
    {
        _checker = new SettingsHistory(_history, _shown);
        Commit(new InitializeAutopilotCommand(Config(0)) { Id = default, Time = default });
    }

    // Goal: of two writers with the same check-and-set index one succeeds, and both are told the truth.
    [Fact]
    public void A_second_success_from_one_index_is_seen()
    {
        SetAutopilotConfigRequest first = Set(1, cas: 1);
        SetAutopilotConfigRequest second = Set(2, cas: 1);
        Commit(first);
        Commit(second);
        Answer(first, new SetAutopilotConfigReply(true));
        Answer(second, new SetAutopilotConfigReply(false));
        SetAutopilotConfigRequest third = Set(3, cas: 1);
        Commit(third);
        Caught(() => Answer(third, new SetAutopilotConfigReply(true)));
    }

    // Goal: a write that is told as done, or as not done, before it is in the log is seen.
    [Fact]
    public void An_answer_without_a_write_is_seen()
    {
        Caught(() => Answer(Set(1), new SetAutopilotConfigReply(true)));
        Caught(() => Answer(Set(1, cas: 7), new SetAutopilotConfigReply(false)));
    }

    // Goal: writes that are the same are told apart by their time: one that was asked for later has a later place.
    [Fact]
    public void A_later_write_does_not_pass_for_an_earlier_one()
    {
        SetAutopilotConfigRequest lost = Set(1);
        Answer(lost, new ErrorReply(ServerErrorKind.OutcomeUnknown, "?"));
        Commit(lost);
        _shown.Note(_history.Last);
        Caught(() => Answer(Set(1), new SetAutopilotConfigReply(true)));
    }

    // Goal: a write that was refused is not in the log, and one that nobody asked for is not, either.
    [Fact]
    public void A_refused_write_in_the_log_is_seen()
    {
        SetAutopilotConfigRequest refused = Set(1);
        Answer(refused, new ErrorReply(ServerErrorKind.NoLeader, "no leader"));
        Caught(() => Commit(refused));
        Caught(() => Commit(new SetAutopilotConfigRequest(Config(2), null)));
    }

    // Goal: a read shows what was written at its index, and nothing that was replaced by what had been shown already.
    [Fact]
    public void A_read_of_old_settings_is_seen()
    {
        GetAutopilotConfigRequest early = Get();
        SetAutopilotConfigRequest write = Set(1);
        Commit(write);
        Answer(write, new SetAutopilotConfigReply(true));
        Answer(early, Shows(0, 1));
        Answer(Get(isStale: true), Shows(0, 1));
        Answer(Get(), Shows(1, 2));
        Assert.Contains("replaced them", Caught(() => Answer(Get(), Shows(0, 1))), StringComparison.Ordinal);
        Assert.Contains("not written there", Caught(() => Answer(Get(), Shows(0, 2))), StringComparison.Ordinal);
        Caught(() => Answer(Get(), Shows(1, 2) with { CreateIndex = new(2) }));
        Caught(() => Answer(Get(), new ErrorReply(ServerErrorKind.NotFound, "not initialized")));
    }

    // Goal: a read shows a Raft configuration that stood in a log, and none that was replaced before what had been shown.
    [Fact]
    public void A_read_of_an_old_configuration_is_seen()
    {
        Configure(Members([0, 1]));
        Configure(Members([0, 1, 2]));
        Answer(GetRaft(), ShowsServers(2, 0, 1));
        _shown.Note(new(3));
        Answer(GetRaft(), ShowsServers(3, 0, 1, 2));
        Answer(GetRaft(isStale: true), ShowsServers(2, 0, 1));
        Assert.Contains("replaced it", Caught(() => Answer(GetRaft(), ShowsServers(2, 0, 1))), StringComparison.Ordinal);
        Assert.Contains("stood in no log", Caught(() => Answer(GetRaft(), ShowsServers(3, 0, 1))), StringComparison.Ordinal);
    }

    private static AutopilotConfig Config(ulong number) => AutopilotConfig.Default with { MinQuorum = number };

    private static AutopilotConfigReply Shows(ulong number, ulong index) => new(Config(number), new(1), new(index));

    private static RaftConfigurationReply ShowsServers(ulong index, params int[] servers) => new(
        new(index),
        [
            .. Members(servers).Servers.ToArray().Select(
                server => new RaftConfigurationServer(server.Id, "", server.Address, false, server.Suffrage, "3")),
        ]);

    private string Caught(Action action) => Forge.Caught(_checker, action);

    private T Asked<T>(T request)
        where T : ServerRequest
    {
        _checker.Requested(0, request);
        return request;
    }

    private SetAutopilotConfigRequest Set(ulong number, ulong? cas = null) =>
        Asked(new SetAutopilotConfigRequest(Config(number), cas));

    private GetAutopilotConfigRequest Get(bool isStale = false) => Asked(new GetAutopilotConfigRequest(isStale));

    private GetRaftConfigurationRequest GetRaft(bool isStale = false) => Asked(new GetRaftConfigurationRequest(isStale));

    private void Commit(SetAutopilotConfigRequest request) =>
        Commit(new SetAutopilotCommand(request.Config, request.Cas) { Id = default, Time = default });

    private void Commit(ClusterCommand command) => Commit(EntryKind.Command, WireCodec.EncodeCommand(command));

    private void Configure(Configuration configuration) =>
        Commit(EntryKind.Configuration, WireCodec.Configurations.Encode(configuration));

    private void Commit(EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        LogIndex index = _server.Log.LastIndex.Next;
        Observe(_server.Say(append: [new LogEntry(index, new(1), kind, payload)], commit: index.Value));
    }

    // Answers are judged when the step is over in which they were given.
    private void Answer(ServerRequest request, ServerReply reply)
    {
        _checker.Replied(new(0, request, reply));
        Observe(_server.Say());
    }

    private void Observe(in ServerObservation observation)
    {
        _history.Observe(observation);
        _checker.Observe(observation);
    }
}

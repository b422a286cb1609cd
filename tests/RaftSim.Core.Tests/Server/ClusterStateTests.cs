using System.Text.Json;
using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Tests.Autopilot;

namespace RaftSim.Core.Tests.Server;

public sealed class ClusterStateTests
{
    private static readonly AutopilotConfig _first = AutopilotConfig.Default;
    private static readonly AutopilotConfig _second = AutopilotConfig.Default with { MaxTrailingLogs = 7 };

    private readonly ClusterState _state = new();

    // The other cases of the table are about options: AutopilotSettingsTests.
    public static TheoryData<string> Store =>
        ["store-set-roundtrip", "store-cas-wrong-index", "derived-store-cas-no-config", "derived-create-index-preserved"];

    // Goal: the published cases of the record: what was written is there with its indexes, and check-and-set needs the right
    // one.
    [Theory]
    [MemberData(nameof(Store))]
    public void Settings_are_stored_as_published(string name)
    {
        VectorTable.Case one = VectorTable.Load("config", name);
        foreach (JsonElement write in one.Input.List("writes"))
        {
            Assert.True(_state.Apply(Set(VectorReader.Config(write), null), new(write.Number("index"))));
        }

        if (one.Input.TryGetProperty("config", out JsonElement written))
        {
            Assert.True(_state.Apply(Set(VectorReader.Config(written), null), new(one.Input.Number("set_at_index"))));
        }

        bool isApplied = one.Input.TryGetProperty("cas", out JsonElement cas)
            && _state.Apply(Set(VectorReader.Config(cas), cas.Number("cas_index")), new(cas.Number("apply_index")));

        foreach (JsonProperty fact in one.Expected.EnumerateObject())
        {
            string found = fact.Name switch
            {
                "index" or "modify_index" => $"{_state.ModifyIndex.Value}",
                "create_index" => $"{_state.CreateIndex.Value}",
                "config_unchanged" => $"{_state.Autopilot == VectorReader.Config(written)}",
                "applied" => $"{isApplied}",
                "error" => "",
                "CleanupDeadServers" => $"{_state.Autopilot!.CleanupDeadServers}",
                _ => throw new InvalidDataException(fact.Name),
            };
            Assert.Equal($"{fact.Name} {fact.Value}", $"{fact.Name} {found}");
        }
    }

    // Goal: the first leader's settings are written once. Nomad: "written by the first leader, afterwards ignored".
    [Fact]
    public void Initial_settings_are_written_once()
    {
        Assert.True(_state.Apply(Initialize(_first), new LogIndex(3)));
        Assert.False(_state.Apply(Initialize(_second), new LogIndex(9)));
        Assert.Equal(_first, _state.Autopilot);
        Assert.Equal(new LogIndex(3), _state.CreateIndex);
        Assert.Equal(new LogIndex(3), _state.ModifyIndex);
    }

    // Goal: CreateIndex is kept from the first write, ModifyIndex follows every write.
    [Fact]
    public void An_unconditional_write_keeps_the_create_index()
    {
        _state.Apply(Initialize(_first), new LogIndex(3));
        Assert.True(_state.Apply(Set(_second, null), new LogIndex(8)));
        Assert.Equal(_second, _state.Autopilot);
        Assert.Equal(new LogIndex(3), _state.CreateIndex);
        Assert.Equal(new LogIndex(8), _state.ModifyIndex);
    }

    // Goal: check-and-set applies iff a record exists and its ModifyIndex equals the given index.
    [Theory]
    [InlineData(3, true)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(0, false)]
    public void A_conditional_write_needs_the_exact_modify_index(ulong cas, bool isWritten)
    {
        _state.Apply(Initialize(_first), new LogIndex(3));
        Assert.Equal(isWritten, _state.Apply(Set(_second, cas), new LogIndex(8)));
        Assert.Equal(isWritten ? _second : _first, _state.Autopilot);
        Assert.Equal(new LogIndex(isWritten ? 8UL : 3UL), _state.ModifyIndex);
    }

    // Goal: without a record no check-and-set applies, not even with 0.
    [Fact]
    public void A_conditional_write_needs_a_record()
    {
        Assert.False(_state.Apply(Set(_second, 0), new LogIndex(8)));
        Assert.Null(_state.Autopilot);
        Assert.Equal(LogIndex.Zero, _state.ModifyIndex);
    }

    private static InitializeAutopilotCommand Initialize(AutopilotConfig config) =>
        new(config) { Id = default, Time = default };

    private static SetAutopilotCommand Set(AutopilotConfig config, ulong? cas) =>
        new(config, cas) { Id = default, Time = default };
}

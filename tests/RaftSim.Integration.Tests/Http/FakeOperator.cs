using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Http;

/// <summary>
/// A cluster as small as it can be for the API above it: a configuration with its indexes, servers that answer at once,
/// and whatever a test scripts instead.
/// </summary>
internal sealed class FakeOperator : IOperator
{
    private readonly Lock _gate = new();
    private readonly List<ServerRequest> _requests = [];
    private AutopilotConfig _config = AutopilotConfig.Default;
    private readonly LogIndex _createIndex = new(4);
    private LogIndex _modifyIndex = new(4);
    private LogIndex _lastIndex = new(46);

    public string Name => "s1";

    public string Region { get; init; } = "global";

    /// <summary>How many servers there are; the first one leads and is the one asked.</summary>
    public int Servers { get; init; } = 1;

    /// <summary>Whether the one asked is a follower, so that failures come back by way of it.</summary>
    public bool AskFollower { get; init; }

    public bool HasLeader { get; init; } = true;

    /// <summary>Answers instead of the model; <see langword="null"/> leaves it to the model.</summary>
    public Func<ServerRequest, ServerReply?>? Script { get; set; }

    /// <summary>Everything that was asked, in order.</summary>
    public IReadOnlyList<ServerRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public static string IdOf(int server) => $"e349749b-3303-3ddf-959c-00000000000{server + 1}";

    public Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _requests.Add(request);
            return Task.FromResult(Script?.Invoke(request) ?? Answer(request));
        }
    }

    private ServerReply Answer(ServerRequest request) => request switch
    {
        { IsStale: false } when !HasLeader => new ErrorReply(ServerErrorKind.NoLeader, "No cluster leader"),
        GetRaftConfigurationRequest =>
            new RaftConfigurationReply(new(1), [.. Enumerable.Range(0, Servers).Select(RaftServerOf)]),
        RemoveServerRequest remove => IndexOf(remove.Id, remove.Address) is null
            ? NotFound(remove.Id, remove.Address) : new DoneReply(),
        TransferLeadershipRequest transfer => IndexOf(transfer.Id, transfer.Address) is { } target
            ? new TransferLeadershipReply(
                new(IdOf(0)), RaftServerOf(0).Address, new(IdOf(target)), RaftServerOf(target).Address)
            : NotFound(transfer.Id, transfer.Address),
        GetAutopilotConfigRequest => new AutopilotConfigReply(_config, _createIndex, _modifyIndex),
        SetAutopilotConfigRequest set => Set(set),
        GetAutopilotHealthRequest => new AutopilotHealthReply(Health()),
        GetAutopilotExplanationRequest => new AutopilotExplanationReply(Explanation()),
        _ => throw new NotSupportedException(request.GetType().Name),
    };

    private RaftConfigurationServer RaftServerOf(int i) => new(
        new(IdOf(i)),
        $"s{i + 1}.{Region}",
        new($"127.0.0.1:{4647 + (10 * i)}"),
        HasLeader && i == 0,
        Suffrage.Voter,
        "3");

    private int? IndexOf(string? id, string? address)
    {
        for (int i = 0; i < Servers; i++)
        {
            if (string.Equals(id, IdOf(i), StringComparison.Ordinal)
                || string.Equals(address, RaftServerOf(i).Address.Value, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return null;
    }

    private ErrorReply NotFound(string? id, string? address)
    {
        string what = id is null ? $"address {GoText.Quote(address!)}" : $"id {GoText.Quote(id)}";
        return new ErrorReply(ServerErrorKind.NotFound, what + " was not found in the Raft configuration", AskFollower);
    }

    private SetAutopilotConfigReply Set(SetAutopilotConfigRequest set)
    {
        _lastIndex = _lastIndex.Next;
        bool applies = set.Cas is null || set.Cas == _modifyIndex.Value;
        if (applies)
        {
            (_config, _modifyIndex) = (set.Config, _lastIndex);
        }

        return new(applies);
    }

    private AutopilotExplanation Explanation() => new()
    {
        Time = new(1_488_838_081_400_000_000),
        FirstStateTime = new(1_488_838_071_400_000_000),
        StateTime = new(1_488_838_079_400_000_000),
        NextRound = new(1_488_838_083_900_000_000),
        Servers = [.. Health().Servers.Select(server => new ServerExplanation
        {
            Id = server.Server.Id,
            Name = server.Server.Name,
            Address = server.Server.Address,
            State = server.State,
            Health = server.Health,
            HealthReason = "answers, in contact and up to date",
            Outlook = "nothing to do",
        })],
        Events =
        [
            new(new(1_488_838_071_400_000_000), AutopilotEventKind.Health, default, "", "the cluster is healthy"),
            new(new(1_488_838_077_123_456_000), AutopilotEventKind.Action, new(IdOf(0)), "s1.global", "promoted s1"),
        ],
    };

    private AutopilotState Health() => new()
    {
        Healthy = true,
        FailureTolerance = (Servers - 1) / 2,
        Leader = new(IdOf(0)),
        Voters = [.. Enumerable.Range(0, Servers).Select(i => new ServerId(IdOf(i)))],
        Servers = [.. Enumerable.Range(0, Servers).Select(i => new AutopilotServerState
        {
            Server = new()
            {
                Id = new(IdOf(i)),
                Name = $"s{i + 1}.{Region}",
                Address = RaftServerOf(i).Address,
                NodeStatus = NodeStatus.Alive,
                Version = "0.1.0",
                RaftVersion = 3,
            },
            State = i == 0 ? RaftState.Leader : RaftState.Voter,
            Stats = new(i == 0 ? Duration.Zero : new(27_291_304), new(2), _lastIndex),
            Health = new(true, new(1_488_838_071_400_000_000)),
        })],
    };
}

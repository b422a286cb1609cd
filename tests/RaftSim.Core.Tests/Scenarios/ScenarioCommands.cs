using System.Text;
using RaftSim.Core.Tests.Raft;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>
/// The commands of the language. A command acts, and tells at once only what was asked of it; when the step is over,
/// the servers that are no longer as they were, reads that were answered and messages on their way follow.
/// </summary>
internal sealed partial class ScenarioCommands
{
    private readonly SortedDictionary<string, Action<ScenarioArguments>> _commands = new(StringComparer.Ordinal);
    private readonly List<string> _output = [];
    private readonly SortedDictionary<int, (string Status, string Configuration)> _before = [];
    private readonly SortedDictionary<ulong, int> _waitingReads = [];
    private ScenarioWorld? _world;
    private ulong _reads;

    public ScenarioCommands()
    {
        _commands.Add("cluster", MakeCluster);
        AddTimeAndMessages();
        AddRequests();
        AddFaults();
        AddQuestions();
    }

    public IEnumerable<string> Names => _commands.Keys;

    private ScenarioWorld World => _world ?? throw new FormatException("a scenario begins with the command cluster");

    public void Execute(string line)
    {
        var arguments = new ScenarioArguments(line);
        if (!_commands.TryGetValue(arguments.Command, out Action<ScenarioArguments>? act))
        {
            throw new FormatException($"'{arguments.Command}' is no command; there are: {string.Join(' ', Names)}");
        }

        act(arguments);
    }

    /// <summary>What the commands since the last call have said and done.</summary>
    public string[] EndStep()
    {
        TellChanges();
        TellReads();
        foreach (RaftMessage message in World.NewMessages)
        {
            _output.Add(ScenarioText.Of(message));
        }

        World.BeginStep();
        string[] output = _output.Count > 0 ? [.. _output] : ["nothing changes"];
        _output.Clear();
        return output;
    }

    private void MakeCluster(ScenarioArguments a)
    {
        if (_world is not null)
        {
            throw new FormatException("a scenario has one cluster");
        }

        int voters = a.OptionNumber("voters") ?? throw new FormatException("cluster: voters=N is missing");
        int nonVoters = a.OptionNumber("nonvoters") ?? 0;
        RaftOptions options = TestCluster.Options(1);
        int inflight = a.OptionNumber("inflight") ?? options.InflightAppendsMax;
        int entries = a.OptionNumber("entries") ?? options.AppendEntriesMax;
        int uncommitted = a.OptionNumber("uncommitted") ?? options.UncommittedEntriesMax;
        int? drift = a.OptionNumber("drift");
        ulong lag = (ulong)(a.OptionNumber("lag") ?? (int)options.PromoteLagMax);
        SortedDictionary<int, int[]> terms = [];
        for (int i = 1; i <= voters + nonVoters; i++)
        {
            if (a.OptionNumbers($"s{i}") is { } given)
            {
                terms.Add(i, given);
            }
        }

        int[] present = a.OptionNumbers("terms") ?? [];
        a.Done();
        _world = new ScenarioWorld(voters, nonVoters, Configure, i => terms.GetValueOrDefault(i), present);

        RaftOptions Configure(RaftOptions o) => o with
        {
            InflightAppendsMax = inflight, AppendEntriesMax = entries, UncommittedEntriesMax = uncommitted,
            PromoteLagMax = lag, ReadLease = drift is not null, ClockDriftPpmMax = drift ?? o.ClockDriftPpmMax,
        };
    }

    private void TellChanges()
    {
        var statuses = new List<(string, string)>();
        var configurations = new List<(string, string)>();
        foreach (int number in World.Numbers)
        {
            (string Status, string Configuration) now = (StatusOf(number), ConfigurationOf(number));
            (string Status, string Configuration) before = _before.GetValueOrDefault(number);
            _before[number] = now;
            if (now.Status != before.Status)
            {
                statuses.Add(($"s{number}", now.Status));
            }

            if (now.Configuration != before.Configuration && !World.IsDown(number))
            {
                configurations.Add(($"s{number}", now.Configuration));
            }
        }

        _output.AddRange(ScenarioText.Grouped(statuses));
        _output.AddRange(ScenarioText.Grouped(configurations));
    }

    private string StatusOf(int number)
    {
        TestServer server = World.Any(number);
        if (World.IsDown(number))
        {
            return $"down, on disk: {ScenarioText.Of(server.DiskHardState)} log={ScenarioText.Last(server.Disk)}";
        }

        bool isWriting = World.IsStalled(number) && server.WritesUnderWay > 0;
        return ScenarioText.Of(server.Status) + (isWriting ? $" writing={server.WritesUnderWay}" : "");
    }

    private string ConfigurationOf(int number)
    {
        RaftStatus status = World.Any(number).Status;
        return $"configuration {status.ConfigurationIndex}: {ScenarioText.Of(status.Configuration)}";
    }

    // The engine answers or says nothing more: what a server that leads no longer was asked for is given up.
    private void TellReads()
    {
        foreach (int number in World.Numbers)
        {
            foreach (ReadReady read in World.Any(number).Reads.Where(r => _waitingReads.Remove(r.Context)))
            {
                _output.Add($"s{number} answers read {read.Context} from the state at {read.Index}");
            }
        }

        foreach ((ulong context, int number) in _waitingReads.ToArray())
        {
            if (World.IsDown(number) || World.Any(number).Status.Role != RaftRole.Leader)
            {
                _waitingReads.Remove(context);
                _output.Add($"read {context} is given up");
            }
        }
    }

    private void Tell(string line) => _output.Add(line);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

using RaftSim.Core.Tests.Raft;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

// What a story asks to be shown. None of it changes anything.
internal sealed partial class ScenarioCommands
{
    private void AddQuestions()
    {
        _commands.Add("status", a => TellGrouped(a, ToldStatusOf));
        _commands.Add("config", a => TellGrouped(a, ConfigurationOf));
        _commands.Add("log", a => TellGrouped(a, LogOf));
        _commands.Add("disk", a => TellGrouped(a, DiskOf));
        _commands.Add("applied", a => TellGrouped(a, AppliedOf));
        _commands.Add("progress", ShowProgress);
        _commands.Add("messages", ShowMessages);
    }

    // All servers unless some are named; what holds for several is told once.
    private void TellGrouped(ScenarioArguments a, Func<int, string> show)
    {
        var numbers = new List<int>();
        while (a.OptionalNumber("a server") is { } number)
        {
            numbers.Add(Known(number));
        }

        a.Done();
        _output.AddRange(ScenarioText.Grouped(
            (numbers.Count > 0 ? numbers : World.Numbers).Select(n => ($"s{n}", show(n)))));
    }

    // Told once is enough: the end of the step does not repeat it.
    private string ToldStatusOf(int number)
    {
        string status = StatusOf(number);
        _before[number] = _before.GetValueOrDefault(number) with { Status = status };
        return status;
    }

    private string LogOf(int number)
    {
        if (World.IsDown(number))
        {
            return "down";
        }

        TestServer server = World.Server(number);
        IEnumerable<LogEntry> entries = Enumerable.Range(1, (int)server.Status.LastIndex.Value)
            .Select(i => server.Node.EntryAt(new LogIndex((ulong)i)));
        return $"log: {ScenarioText.Log([.. entries], server.Status.Commit)}";
    }

    private string DiskOf(int number)
    {
        TestServer server = World.Any(number);
        string disk = $"disk: {ScenarioText.Of(server.DiskHardState)} [{ScenarioText.Runs([.. server.Disk])}]";
        foreach ((ulong sequence, HardState? hardState, LogIndex? truncateFrom, LogEntry[] entries) in server.Writes)
        {
            disk += Text($"; write {sequence} under way: {ScenarioText.Batch(hardState, truncateFrom, entries)}");
        }

        return disk;
    }

    private string AppliedOf(int number)
    {
        if (World.IsDown(number))
        {
            return "down";
        }

        string entries = string.Join(", ", World.Server(number).Committed.Select(ScenarioText.Of));
        return $"applied: {(entries.Length > 0 ? entries : "nothing")}";
    }

    private void ShowProgress(ScenarioArguments a)
    {
        TestServer server = World.Server(LastNumber(a));
        if (server.Status.Role != RaftRole.Leader)
        {
            throw new FormatException($"{server.Id} does not lead");
        }

        foreach (ProgressStatus progress in server.Node.GetProgress())
        {
            Tell($"{server.Id} on {ScenarioText.Of(progress)}");
        }
    }

    private void ShowMessages(ScenarioArguments a)
    {
        a.Done();
        World.BeginStep();
        foreach (RaftMessage message in World.Cluster.Network)
        {
            Tell($"on its way: {ScenarioText.Of(message)}");
        }

        if (World.Cluster.Network.Count == 0)
        {
            Tell("no message is on its way");
        }

        foreach (RaftMessage message in World.Held)
        {
            Tell($"held: {ScenarioText.Of(message)}");
        }
    }
}

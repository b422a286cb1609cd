using RaftSim.Core.Tests.Raft;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

// What happens to servers, links, disks and messages, and what operators and clients ask for.
internal sealed partial class ScenarioCommands
{
    private const int ElectionsMax = 5;

    private void AddTimeAndMessages()
    {
        _commands.Add("campaign", a => Campaign(LastNumber(a)));
        _commands.Add("elect", a => Elect(LastNumber(a)));
        _commands.Add("tick", a => World.Tick(LastNumber(a)));
        _commands.Add("run", a => World.Run(LastSpan(a)));
        _commands.Add("pass", a => World.Pass(World.Cluster.Now + LastSpan(a)));
        _commands.Add("settle", a =>
        {
            a.Done();
            World.Settle();
        });
        _commands.Add("deliver", a => Take(a).ForEach(m => World.Deliver(m)));
        _commands.Add("drop", a => Take(a).ForEach(m => Tell($"lost: {ScenarioText.Of(m)}")));
        _commands.Add("hold", a => Take(a).ForEach(Hold));
        _commands.Add("release", Release);
        _commands.Add("dup", a => Matching(a).ForEach(m => World.Cluster.Network.Add(m)));
        _commands.Add("reorder", a =>
        {
            List<RaftMessage> taken = Take(a);
            taken.Reverse();
            World.Cluster.Network.AddRange(taken);
        });
    }

    private void AddRequests()
    {
        _commands.Add("propose", Propose);
        _commands.Add("add", Add);
        _commands.Add("promote", a => Change(ConfigurationChangeKind.Promote, a));
        _commands.Add("demote", a => Change(ConfigurationChangeKind.Demote, a));
        _commands.Add("remove", a => Change(ConfigurationChangeKind.Remove, a));
        _commands.Add("transfer", Transfer);
        _commands.Add("read", Read);
    }

    private void AddFaults()
    {
        _commands.Add("cut", Cut);
        _commands.Add("isolate", a => World.Cluster.Isolate(Known(LastNumber(a))));
        _commands.Add("heal", a =>
        {
            a.Done();
            World.Cluster.Heal();
        });
        _commands.Add("crash", a =>
        {
            int number = a.Number("a server");
            int surviving = a.OptionNumber("writes") ?? 0;
            a.Done();
            World.Crash(number, surviving);
        });
        _commands.Add("start", a => World.Start(LastNumber(a)));
        _commands.Add("wipe", a => World.Wipe(LastNumber(a)));
        _commands.Add("stall", a => World.Stall(LastNumber(a)));
        _commands.Add("unstall", a => World.Unstall(LastNumber(a)));
        _commands.Add("write", Write);
        _commands.Add("unreachable", a =>
        {
            TestServer leader = World.Server(a.Number("a leader"));
            int number = LastNumber(a);
            leader.Node.ReportUnreachable(TestCluster.Id(number), leader.Now);
            leader.Pump();
            World.Observe();
        });
    }

    private static int LastNumber(ScenarioArguments a)
    {
        int number = a.Number("a server");
        a.Done();
        return number;
    }

    private static Duration LastSpan(ScenarioArguments a)
    {
        Duration span = a.Span("a length of time");
        a.Done();
        return span;
    }

    private int Known(int number)
    {
        World.Any(number);
        return number;
    }

    private void CheckKnown(ServerId? end)
    {
        if (end is { } id && World.Numbers.All(n => TestCluster.Id(n) != id))
        {
            throw new FormatException($"there is no server {id}");
        }
    }

    private List<RaftMessage> Take(ScenarioArguments a)
    {
        var filter = new ScenarioFilter(a);
        a.Done();
        return World.Take(filter);
    }

    private List<RaftMessage> Matching(ScenarioArguments a)
    {
        List<RaftMessage> taken = Take(a);
        World.Cluster.Network.AddRange(taken);
        return taken;
    }

    private void Hold(RaftMessage message)
    {
        World.Held.Add(message);
        Tell($"held: {ScenarioText.Of(message)}");
    }

    private void Release(ScenarioArguments a)
    {
        var filter = new ScenarioFilter(a);
        a.Done();
        List<RaftMessage> released = filter.Apply(World.Held);
        if (released.Count == 0)
        {
            throw new FormatException("no message that is held matches");
        }

        foreach (int at in filter.Positions(World.Held).Reverse())
        {
            World.Held.RemoveAt(at);
        }

        World.Cluster.Network.AddRange(released);
    }

    private void Campaign(int number)
    {
        if (World.Server(number).Status.Role == RaftRole.Leader)
        {
            throw new FormatException($"s{number} leads already");
        }

        World.Tick(number);
    }

    private void Elect(int number)
    {
        for (int i = 0; i < ElectionsMax && World.Server(number).Status.Role != RaftRole.Leader; i++)
        {
            World.Tick(number);
            World.Settle();
        }

        if (World.Server(number).Status.Role != RaftRole.Leader)
        {
            throw new FormatException($"s{number} is not elected");
        }
    }

    private void Propose(ScenarioArguments a)
    {
        int number = a.Number("a server");
        string[] texts = a.Words("a text");
        a.Done();
        TestServer server = World.Server(number);
        Proposal[] batch = texts.Select(t => new Proposal(Bytes(t))).ToArray();
        ProposeOutcome outcome = server.Node.Propose(batch, server.Now);
        Finish(server, string.Join(' ', texts), outcome);
    }

    private void Add(ScenarioArguments a)
    {
        int number = a.Number("a server");
        string address = a.Option("address") ?? TestCluster.Address(number);
        Change(ConfigurationChangeKind.AddNonVoter, number, a, address);
    }

    private void Change(ConfigurationChangeKind kind, ScenarioArguments a) => Change(kind, a.Number("a server"), a, "");

    private void Change(ConfigurationChangeKind kind, int number, ScenarioArguments a, string address)
    {
        TestServer server = a.OptionNumber("at") is { } asked ? World.Server(asked) : World.Leader();
        a.Done();
        var change = new ConfigurationChange(
            kind, TestCluster.Id(number), new ServerAddress(address), World.DiskOf(number));
        Finish(server, $"{a.Command} s{number}", server.Node.ChangeConfiguration(change, server.Now));
    }

    private void Transfer(ScenarioArguments a)
    {
        TestServer server = World.Server(a.Number("a leader"));
        int? target = a.OptionalNumber("a target");
        a.Done();
        ServerId? id = target is { } number ? TestCluster.Id(number) : null;
        ProposeOutcome outcome = server.Node.TransferLeadership(id, server.Now);
        Finish(server, "transfer", outcome);
    }

    private void Read(ScenarioArguments a)
    {
        int number = LastNumber(a);
        TestServer server = World.Server(number);
        ulong context = ++_reads;
        ProposeResult result = server.Node.RequestRead(context, server.Now);
        if (result == ProposeResult.Accepted)
        {
            _waitingReads.Add(context, number);
        }

        Finish(server, Text($"read {context}"), new ProposeOutcome(result, LogIndex.Zero, Term.Zero, default));
    }

    private void Finish(TestServer server, string what, in ProposeOutcome outcome)
    {
        string about = outcome.Server.IsNone ? "" : $" ({outcome.Server})";
        string at = outcome.First > LogIndex.Zero ? Text($" at {outcome.First}") : about;
        Tell($"{server.Id} {(outcome.IsAccepted ? $"takes {what}{at}" : $"refuses {what}: {outcome.Result}{about}")}");
        server.Pump();
        World.Observe();
    }

    private void Cut(ScenarioArguments a)
    {
        if (a.Optional(ScenarioArguments.Link) is { } link)
        {
            a.Done();
            CheckKnown(link.From);
            CheckKnown(link.To);
            foreach ((int from, int to) in World.Numbers.SelectMany(f => World.Numbers.Select(t => (f, t))))
            {
                if (from != to && IsEnd(link.From, from) && IsEnd(link.To, to))
                {
                    World.Cluster.CutOneWay(from, to);
                }
            }

            return;
        }

        int[] some = a.Numbers("servers");
        int[] others = a.Numbers("other servers");
        a.Done();
        World.Cluster.Cut(some.Select(Known).ToArray(), others.Select(Known).ToArray());
    }

    private static bool IsEnd(ServerId? end, int number) => end is null || end == TestCluster.Id(number);

    private void Write(ScenarioArguments a)
    {
        int number = a.Number("a server");
        int count = a.OptionalNumber("a number of writes") ?? int.MaxValue;
        a.Done();
        TestServer server = World.Server(number);
        if (!World.IsStalled(number) || server.WritesUnderWay == 0)
        {
            throw new FormatException($"s{number} has no write under way that hangs");
        }

        server.CompleteWrites(count);
        World.Observe();
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

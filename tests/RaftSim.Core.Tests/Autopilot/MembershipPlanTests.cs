using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

// What a program does that adds and removes servers by itself: the published tables add-server and remove-server, and the edges
// of the same rules (raft-autopilot, AddServer and RemoveServer).
public sealed class MembershipPlanTests
{
    public static TheoryData<string> AddServer => VectorTable.Names("add-server");

    public static TheoryData<string> RemoveServer => VectorTable.Names("remove-server");

    // Goal: every published case of who is added, after whose removal, and when dead servers are looked for.
    [Theory]
    [MemberData(nameof(AddServer))]
    public void Servers_are_added_as_published(string name)
    {
        VectorTable.Case one = VectorTable.Load("add-server", name);
        JsonElement server = one.Input.GetProperty("server");
        Hold(one.Expected, AutopilotEngine.PlanAddServer(
            one.Input.RaftServers("raft_servers"),
            new(server.Text("id")),
            new(server.Text("address")),
            one.Input.Text("raft_configuration_error")));
    }

    // Goal: every published case of who is removed, and of a configuration that cannot be read.
    [Theory]
    [MemberData(nameof(RemoveServer))]
    public void Servers_are_removed_as_published(string name)
    {
        VectorTable.Case one = VectorTable.Load("remove-server", name);
        Hold(one.Expected, AutopilotEngine.PlanRemoveServer(
            one.Input.RaftServers("raft_servers"), new(one.Input.Text("id")), one.Input.Text("raft_configuration_error")));
    }

    // Goal: who comes, in clusters "id suffrage address, …", and what it takes. A known id keeps its vote at its new address;
    // staging counts as a vote there, but not among those who are in the way.
    [Theory]
    [InlineData("a voter 1, b nonvoter 2", "b 2", "")]
    [InlineData("a voter 1, b staging 2", "b 2", "")]
    [InlineData("a voter 1", "b 2", "AddNonVoter b 2, prune")]
    [InlineData("a voter 1, b voter 2", "b 3", "AddVoter b 3, prune")]
    [InlineData("a voter 1, b staging 2", "b 3", "AddVoter b 3, prune")]
    [InlineData("a voter 1, b nonvoter 2", "b 3", "AddNonVoter b 3, prune")]
    [InlineData("a voter 1, b nonvoter 2", "c 2", "Remove b, AddNonVoter c 2, prune")]
    [InlineData("a voter 1, b staging 2", "c 2", "Remove b, AddNonVoter c 2, prune")]
    [InlineData("a voter 1, b voter 2, c voter 3", "d 2", "Remove b, AddNonVoter d 2, prune")]
    [InlineData(
        "n nonvoter 9, s staging 9, b voter 9, a voter 9, c voter 1, d voter 2, e voter 3", "x 9",
        "Remove b, Remove a, Remove n, Remove s, AddNonVoter x 9, prune")]
    [InlineData("a voter 1, b voter 2, c voter 3", "b 3", "Remove c, AddVoter b 3, prune")]
    [InlineData("a voter 1, b staging 2, c nonvoter 3", "b 3", "Remove c, AddVoter b 3, prune")]
    [InlineData("a voter 1, b voter 2, c voter 3, d nonvoter 4", "d 3", "Remove c, AddNonVoter d 3, prune")]
    [InlineData("a voter 1, b nonvoter 2, c nonvoter 3, d nonvoter 2", "e 2", "Remove b, Remove d, AddNonVoter e 2, prune")]
    public void It_takes_these_changes_to_let_a_server_in(string cluster, string server, string changes) =>
        Assert.Equal(changes, Done(Plan(cluster, server)));

    // Goal: no more voters go than can be spared from a quorum of all voters, whoever comes; non-voters do not count.
    [Theory]
    [InlineData("a voter 1", "b 1", 1, 1, 0)]
    [InlineData("a voter 1, b voter 2", "a 2", 2, 2, 0)]
    [InlineData("a voter 1, b voter 1, c voter 2", "d 1", 3, 2, 1)]
    [InlineData("a voter 1, b voter 1, c voter 2, d voter 3", "e 1", 4, 3, 1)]
    [InlineData("a voter 1, b voter 1, c voter 1, d voter 2, e voter 3, n nonvoter 4, s staging 5", "f 1", 5, 3, 2)]
    [InlineData("a nonvoter 1", "b 2", 0, 1, -1)]
    public void Too_many_voters_are_not_removed(string cluster, string server, int voters, int quorum, int removable)
    {
        MembershipPlan plan = Plan(cluster, server);

        Assert.Equal(
            $"refused: would remove too many voters ({voters} voters, quorum {quorum}, {removable} removable)", plan.Error);
        Assert.Equal("failed", Done(plan));
    }

    // Goal: whatever fails, an addition included, ends it there, and no dead server is looked for.
    [Theory]
    [InlineData("Remove b", "Remove b, failed")]
    [InlineData("Remove n", "Remove b, Remove n, failed")]
    [InlineData("AddNonVoter x 9", "Remove b, Remove n, AddNonVoter x 9, failed")]
    public void A_change_that_fails_ends_it_without_a_prune(string failing, string changes) =>
        Assert.Equal(changes, Done(Plan("n nonvoter 9, b voter 9, c voter 1, d voter 2", "x 9"), failing));

    // Goal: a configuration that cannot be read is the error of an addition, too.
    [Fact]
    public void Nobody_is_added_to_a_configuration_that_cannot_be_read()
    {
        MembershipPlan plan = AutopilotEngine.PlanAddServer([], new("a"), new("1"), "gone");

        Assert.Equal(("gone", "failed"), (plan.Error, Done(plan)));
    }

    // Goal: who is there goes, with a vote or without, the last voter as well, and nobody else is looked at.
    [Theory]
    [InlineData("a", "Remove a")]
    [InlineData("b", "Remove b")]
    [InlineData("s", "Remove s")]
    [InlineData("c", "")]
    public void Whoever_is_there_is_removed(string id, string changes) => Assert.Equal(
        changes, Done(AutopilotEngine.PlanRemoveServer(Servers("a voter 1, b nonvoter 2, s staging 3"), new(id))));

    // Goal: nobody can be added without an id.
    [Fact]
    public void Whoever_is_added_needs_an_id() =>
        Assert.Throws<ArgumentException>(() => AutopilotEngine.PlanAddServer([], default, new("1")));

    private static void Hold(JsonElement expected, MembershipPlan plan)
    {
        JsonElement[] calls = [.. expected.List("calls")];
        var made = new List<(string, string, string)>();
        bool isPruneDue = false;
        string error = plan.CarryOut(
            change =>
            {
                made.Add((OpOf(change.Kind), change.Server.ToString(), change.Address.ToString()));
                return made.Count <= calls.Length ? calls[made.Count - 1].Text("fails_with") : "";
            },
            () => isPruneDue = true);

        Assert.Equal(calls.Select(call => (call.Text("op"), call.Text("id"), call.Text("address"))), made);
        Assert.Equal(expected.Flag("trigger_prune"), isPruneDue);
        const string Part = "contains: ";
        string problem = expected.Text("error");
        if (problem.StartsWith(Part, StringComparison.Ordinal))
        {
            Assert.Contains(problem[Part.Length..], error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(problem, error);
        }
    }

    private static string OpOf(MembershipChangeKind kind) => kind switch
    {
        MembershipChangeKind.AddVoter => "AddVoter",
        MembershipChangeKind.AddNonVoter => "AddNonvoter",
        _ => "RemoveServer",
    };

    private static MembershipPlan Plan(string cluster, string server)
    {
        string[] parts = server.Split(' ');
        return AutopilotEngine.PlanAddServer(Servers(cluster), new(parts[0]), new(parts[1]));
    }

    private static RaftServer[] Servers(string cluster) =>
    [
        .. cluster.Split(", ").Select(server => server.Split(' ')).Select(parts => new RaftServer(
            new(parts[0]), new(parts[2]), Enum.Parse<RaftSuffrage>(parts[1], ignoreCase: true))),
    ];

    // What was done, in order, and how it ended.
    private static string Done(MembershipPlan plan, string failing = "")
    {
        var done = new List<string>();
        string error = plan.CarryOut(
            change =>
            {
                done.Add($"{change.Kind} {change.Server} {change.Address}".TrimEnd());
                return done[^1] == failing ? "full" : "";
            },
            () => done.Add("prune"));
        return string.Join(", ", error.Length > 0 ? done.Append("failed") : done);
    }
}

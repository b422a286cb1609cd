using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>The rounds in which a leader asks the others how they are.</summary>
public sealed class StatsRoundTests
{
    // Goal: an answer that was on its way to a former life of a leader is not taken for one to this life (decision 5).
    [Fact]
    public void Two_lives_of_a_server_number_their_rounds_differently()
    {
        Rounds rounds = new();
        SimWorld world = new(seed: 21, servers: 3, new SimOptions { Checkers = [rounds] });
        int leader = world.AwaitLeader();
        world.Await(() => rounds.Of(leader).Count >= 3, "three rounds");
        SortedSet<ulong> before = [.. rounds.Of(leader)];
        world.Crash(leader);
        rounds.Of(leader).Clear();
        int other = world.AwaitLeaderOtherThan(leader);
        world.Restart(leader);
        world.RunFor(Duration.Seconds(1));
        world.Ask<TransferLeadershipReply>(other, new TransferLeadershipRequest(null, $"s{leader}:4647"));
        world.Await(() => rounds.Of(leader).Count >= 3, "three rounds of its second life");
        Assert.Empty(before.Intersect(rounds.Of(leader)));
    }

    private sealed class Rounds : IChecker
    {
        private readonly SortedDictionary<int, SortedSet<ulong>> _asked = [];

        public string Name => "rounds";

        public void Sent(int server, in Envelope envelope)
        {
            if (envelope.Message.Body is StatsRequest request)
            {
                Of(server).Add(request.Round);
            }
        }

        public SortedSet<ulong> Of(int server)
        {
            if (!_asked.TryGetValue(server, out SortedSet<ulong>? rounds))
            {
                _asked[server] = rounds = [];
            }

            return rounds;
        }
    }
}

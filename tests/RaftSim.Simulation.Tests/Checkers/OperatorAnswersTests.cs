using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Wire;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged answers to operators: what they are told must have come to pass, and after they asked.</summary>
public sealed class OperatorAnswersTests
{
    private readonly CommitHistory _history = new();
    private readonly Shown _shown = new();
    private readonly OperatorAnswers _checker;
    private readonly Forge _server = new(0);

    public OperatorAnswersTests() => _checker = new OperatorAnswers(_history, _shown);

    // Goal: a removal that is told as done has been committed, by id or by address, and behind what was shown before.
    [Fact]
    public void A_removal_that_was_not_committed_is_seen()
    {
        Configure(Members([0, 1, 2]));
        RemoveServerRequest byId = Asked(new RemoveServerRequest("id2", null));
        RemoveServerRequest byAddress = Asked(new RemoveServerRequest(null, "s2:1"));
        Caught(_checker, () => Answer(byId, new DoneReply()));
        Configure(Members([0, 1]));
        Answer(byId, new DoneReply());
        Answer(byAddress, new DoneReply());
        Caught(_checker, () => Answer(Asked(new RemoveServerRequest("id1", null)), new DoneReply()));
        Caught(_checker, () => Answer(Asked(new RemoveServerRequest("id2", null)), new DoneReply()));
    }

    // Goal: leadership that is told as moved has moved: that server leads, or led since it was asked.
    [Fact]
    public void A_move_of_leadership_that_never_was_is_seen()
    {
        Forge other = new(1);
        TransferLeadershipRequest early = Asked(new TransferLeadershipRequest("id1", null));
        Caught(_checker, () => Answer(early, Moved(1)));
        Observe(other.Say(term: 1, role: RaftRole.Leader));
        Answer(early, Moved(1));
        Observe(other.Say(role: RaftRole.Follower));
        Answer(early, Moved(1));
        TransferLeadershipRequest late = Asked(new TransferLeadershipRequest("id1", null));
        Observe(_server.Say(term: 2, role: RaftRole.Leader));
        Caught(_checker, () => Answer(late, Moved(1)));
        Answer(late, Moved(0));
        _checker.Stopped(0);
        _server.Restart();
        Caught(_checker, () => Answer(Asked(new TransferLeadershipRequest("id1", null)), Moved(1)));

        // That it leads already it may say of a term that begins and ends within a step, of which nothing is seen.
        Answer(Asked(new TransferLeadershipRequest("id0", null)), Moved(0));
    }

    private static TransferLeadershipReply Moved(int to) => new(new("id0"), new("s0:1"), new($"id{to}"), new($"s{to}:1"));

    private T Asked<T>(T request)
        where T : ServerRequest
    {
        Observe(_server.Say());
        _checker.Requested(0, request);
        return request;
    }

    private void Answer(ServerRequest request, ServerReply reply)
    {
        _checker.Replied(new(0, request, reply));
        Observe(_server.Say());
    }

    private void Configure(Configuration configuration)
    {
        LogIndex index = _server.Log.LastIndex.Next;
        LogEntry entry = new(index, new(1), EntryKind.Configuration, WireCodec.Configurations.Encode(configuration));
        Observe(_server.Say(configuration: configuration, append: [entry], commit: index.Value));
    }

    private void Observe(in ServerObservation observation)
    {
        _history.Observe(observation);
        _checker.Observe(observation);
    }
}

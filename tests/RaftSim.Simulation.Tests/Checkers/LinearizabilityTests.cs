using System.Text;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Wire;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged histories of commands, queries and sessions. Source: dissertation §6.3, §6.4.</summary>
public sealed class LinearizabilityTests
{
    private static readonly SessionNumber First = new(new(9), 1, 1);

    private readonly CommitHistory _history = new();
    private readonly Linearizability _checker;

    public LinearizabilityTests() => _checker = new Linearizability(_history, new Shown());

    // Goal: a state machine that lacks a command answered before the query was asked is seen, whatever the answer says of it.
    [Fact]
    public void A_query_that_misses_an_answered_command_is_seen()
    {
        Answered("a", 5);
        QueryRequest query = Ask("q");
        Sees("q", 4, "nothing");
        Assert.Contains(
            "as of index 4, but 5 had been shown", Caught(() => Reply(query, 4, "nothing")), StringComparison.Ordinal);
        Assert.Contains("no state machine said", Caught(() => Reply(query, 5, "nothing")), StringComparison.Ordinal);
        Sees("q", 5, "a");
        Reply(query, 5, "a");
    }

    // Goal: a query that goes back behind one that was answered before it was asked is seen.
    [Fact]
    public void A_query_that_goes_back_in_time_is_seen()
    {
        Sees("first", 7, "");
        Reply(Ask("first"), 7, "");
        QueryRequest second = Ask("second");
        Sees("second", 6, "");
        Assert.Contains(
            "as of index 6, but 7 had been shown", Caught(() => Reply(second, 6, "")), StringComparison.Ordinal);
    }

    // Goal: no false alarm: what was answered after a query was asked need not be in it, and a stale query promises no time.
    [Fact]
    public void What_is_not_promised_of_queries_is_not_required()
    {
        QueryRequest early = Ask("early");
        Answered("a", 5);
        Sees("early", 3, "");
        Reply(early, 3, "");
        QueryRequest stale = Ask("stale", stale: true);
        Sees("stale", 1, "");
        Reply(stale, 1, "");
    }

    // Goal: a stale query, too, shows a state that there was.
    [Fact]
    public void A_stale_query_with_an_answer_out_of_nowhere_is_seen()
    {
        QueryRequest stale = Ask("stale", stale: true);
        Sees("stale", 1, "yes");
        Caught(() => Reply(stale, 1, "no"));
    }

    // Goal: answers of the simulator's own state machine are worked out again from the committed commands: a count that is
    // wrong on every server alike, and a query that shows another state than its place, are seen.
    [Fact]
    public void A_tally_that_is_not_that_of_the_log_is_seen()
    {
        _checker.IsTally = true;
        Propose("a");
        Caught(() => _checker.Applied(Applied(0, 1, 1, "a", "wrong")));
        Caught(() => Sees("q", 0, "other"));
    }

    // Goal: a command that is put in front of one that was answered before it was asked for is seen.
    [Fact]
    public void A_command_in_front_of_an_earlier_answer_is_seen()
    {
        Answered("a", 5);
        _checker.Queried(new(0, Bytes("q"), new(9), default));
        Reply(Ask("q"), 9, "");
        ProposeRequest late = Propose("b");
        Apply("b", 8);
        Assert.Contains("9 had been shown", Caught(() => Reply(late, 8)), StringComparison.Ordinal);
    }

    // Goal: a refusal says that nothing was done, so the command is never applied: not before, and not later.
    [Fact]
    public void A_refused_command_that_is_applied_is_seen()
    {
        ProposeRequest first = Propose("a");
        ProposeRequest second = Propose("b");
        Refuse(first);
        Caught(() => Apply("a", 1));
        Apply("b", 2);
        Caught(() => Refuse(second));
    }

    // Goal: of commands that are the same in every byte, as many may be applied as were not refused, each told to one caller.
    [Fact]
    public void Commands_with_the_same_bytes_are_counted()
    {
        ProposeRequest[] same = [Propose("a"), Propose("a"), Propose("a")];
        Refuse(same[0]);
        Apply("a", 1);
        Apply("a", 2);
        Reply(same[1], 1);
        Assert.Contains("a second caller", Caught(() => Reply(same[2], 1)), StringComparison.Ordinal);
        Assert.Contains("applied 3 times", Caught(() => Apply("a", 3)), StringComparison.Ordinal);
    }

    // Goal: no false alarm: an unknown outcome allows both, once.
    [Fact]
    public void An_unknown_outcome_is_applied_once_or_never()
    {
        Unknown(Propose("a"));
        Unknown(Propose("b"));
        Apply("a", 1);
        Assert.Contains("applied 2 times", Caught(() => Apply("a", 2)), StringComparison.Ordinal);
    }

    // Goal: the result that a caller gets is that of the caller's own command.
    [Fact]
    public void A_result_of_another_command_is_seen()
    {
        ProposeRequest a = Propose("a");
        ProposeRequest b = Propose("b");
        Apply("a", 1, "first");
        Apply("b", 2, "second");
        Reply(a, 1, "first");
        Caught(() => Reply(b, 1, "first"));
        Caught(() => Reply(b, 2, "first"));
        Caught(() => Reply(b, 3, "second"));
        Caught(() => _checker.Replied(new(0, b, new DoneReply())));
    }

    // Goal: a command out of nowhere is seen, also one under the number of another.
    [Fact]
    public void A_command_that_nobody_asked_for_is_seen()
    {
        Caught(() => Apply("a", 1));
        Propose("a", First);
        Caught(() => Apply("b", 2, number: First));
        Caught(() => Apply("a", 3, number: First with { Number = 2 }));
    }

    // Goal: a command that its caller repeats is one operation: applied once, whatever was refused meanwhile, answered to
    // every caller as of that place, and its time begins with the first question.
    [Fact]
    public void A_repeated_command_is_one_operation()
    {
        ProposeRequest first = Propose("a", First);
        ProposeRequest second = Propose("a", First);
        Refuse(first);
        Apply("a", 3, "yes", First);
        Reply(second, 3, "yes");
        ProposeRequest third = Propose("a", First);
        Reply(third, 3, "yes");
        Caught(() => Reply(third, 3, "no"));
        Caught(() => Reply(third, 4, "yes"));
        Caught(() => Apply("a", 4, "yes", First));
    }

    // Goal: a repeated command that every caller was refused is not applied.
    [Fact]
    public void A_repeated_command_refused_each_time_is_not_applied()
    {
        Refuse(Propose("a", First));
        Refuse(Propose("a", First));
        Caught(() => Apply("a", 3, number: First));
    }

    // Goal: a session is named after the entry that opened it, once.
    [Fact]
    public void A_session_that_was_not_opened_is_seen()
    {
        SessionUse open = new(SessionVerb.Open, default, Duration.Seconds(1), default);
        byte[] command = WireCodec.EncodeCommand(new SessionCommand(open, default) { Id = default, Time = default }).ToArray();
        LogEntry first = new(new(1), new(1), EntryKind.Command, command);
        _history.Observe(new Forge(0).Say(append: [first, Entry(2, 1) with { Kind = EntryKind.Noop }], commit: 2));
        Open(1);
        Assert.Contains("told so before", Caught(() => Open(1)), StringComparison.Ordinal);
        Assert.Contains("nothing of that kind", Caught(() => Open(2)), StringComparison.Ordinal);
        Caught(() => Open(3));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private string Caught(Action action) => Forge.Caught(_checker, action);

    private void Answered(string command, ulong index)
    {
        ProposeRequest request = Propose(command);
        Apply(command, index);
        Reply(request, index);
    }

    private ProposeRequest Propose(string command, SessionNumber? number = null)
    {
        ProposeRequest request = new(Bytes($"1/{command}")) { Session = number };
        _checker.Requested(0, request);
        return request;
    }

    private void Apply(string command, ulong index, string result = "", SessionNumber? number = null)
    {
        AppliedObservation applied = Applied(0, index, 1, command, result);
        SessionUse? use = number is { } target ? new(SessionVerb.Propose, target, default, default) : null;
        _checker.Applied(applied with { Entry = applied.Entry with { Session = use } });
    }

    private void Reply(ProposeRequest request, ulong index, string result = "") =>
        _checker.Replied(new(0, request, new CommandReply(new(index), Bytes(result))));

    private void Refuse(ProposeRequest request) =>
        _checker.Replied(new(0, request, new ErrorReply(ServerErrorKind.Busy, "busy")));

    private void Unknown(ProposeRequest request) =>
        _checker.Replied(new(0, request, new ErrorReply(ServerErrorKind.OutcomeUnknown, "?")));

    private void Sees(string query, ulong applied, string result) =>
        _checker.Queried(new(1, Bytes(query), new(applied), Bytes(result)));

    private QueryRequest Ask(string query, bool stale = false)
    {
        QueryRequest request = new(Bytes(query), stale);
        _checker.Requested(0, request);
        return request;
    }

    private void Reply(QueryRequest request, ulong index, string result) =>
        _checker.Replied(new(1, request, new QueryReply(new(index), Bytes(result))));

    private void Open(ulong session)
    {
        OpenSessionRequest request = new(Duration.Seconds(1));
        _checker.Requested(0, request);
        _checker.Replied(new(0, request, new SessionReply(new(session))));
    }
}

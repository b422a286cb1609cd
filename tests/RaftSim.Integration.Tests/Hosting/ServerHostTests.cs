using System.Diagnostics.Metrics;
using RaftSim.Raft;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>
/// The shell of one server. Source: house rule "a caller learns truly"; issue: a fault stops the server at once.
/// </summary>
public sealed class ServerHostTests
{
    // Goal: a server whose list names itself alone forms a cluster and answers: the smallest whole thing.
    [Fact]
    public async Task A_server_alone_elects_itself_and_applies_commands_in_order()
    {
        await using ServerHost server = Quick.Alone(new SumMachine());
        await server.StartAsync().WaitAsync(Quick.SafetyNet);

        ServerReply first = await server.RequestAsync(SumMachine.Add(3)).WaitAsync(Quick.SafetyNet);
        ServerReply second = await server.RequestAsync(SumMachine.Add(4)).WaitAsync(Quick.SafetyNet);

        Assert.Equal(3, SumMachine.SumOf(first));
        Assert.Equal(7, SumMachine.SumOf(second));
        Assert.Equal(RaftRole.Leader, server.Status.Role);
    }

    // Goal: without a state machine, commands are committed and answered with nothing.
    [Fact]
    public async Task Without_a_state_machine_commands_have_an_empty_result()
    {
        await using ServerHost server = Quick.Alone();
        await server.StartAsync().WaitAsync(Quick.SafetyNet);

        ServerReply reply = await server.RequestAsync(new ProposeRequest(new byte[] { 1 })).WaitAsync(Quick.SafetyNet);

        Assert.True(Assert.IsType<CommandReply>(reply).Result.IsEmpty);
    }

    // Goal: many callers at once, each with its own answer.
    [Fact]
    public async Task Every_one_of_many_callers_gets_its_own_answer()
    {
        await using ServerHost server = Quick.Alone(new SumMachine());
        await server.StartAsync().WaitAsync(Quick.SafetyNet);

        ServerReply[] replies = await Task.WhenAll(Enumerable.Range(0, 500)
            .Select(_ => server.RequestAsync(SumMachine.Add(1)))).WaitAsync(Quick.SafetyNet);

        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), replies.Select(SumMachine.SumOf).Order());
    }

    // Goal: a read that waits for a leader when the server stops did nothing, a write may have been done: both are told
    // so.
    [Fact]
    public async Task Stopping_answers_whoever_waits_and_says_what_is_known()
    {
        await using ServerHost server = Quick.Alone(configure: WithAnAbsentPeer);
        await server.StartAsync().WaitAsync(Quick.SafetyNet);
        Task<ServerReply> read = server.RequestAsync(new GetAutopilotHealthRequest());
        Task<ServerReply> write = server.RequestAsync(new ProposeRequest(new byte[] { 1 }));

        await server.StopAsync().WaitAsync(Quick.SafetyNet);

        Assert.Equal(ServerErrorKind.Refused, Assert.IsType<ErrorReply>(await read.WaitAsync(Quick.SafetyNet)).Kind);
        Assert.Equal(ServerErrorKind.OutcomeUnknown, Assert.IsType<ErrorReply>(await write.WaitAsync(Quick.SafetyNet)).Kind);
        await server.Completion.WaitAsync(Quick.SafetyNet);
    }

    // Goal: exactly one answer, also where there is no server yet, or no more.
    [Fact]
    public async Task Before_the_start_and_after_the_stop_requests_are_refused()
    {
        await using ServerHost server = Quick.Alone();
        ServerReply before = await server.RequestAsync(new GetAutopilotHealthRequest());
        await server.StartAsync().WaitAsync(Quick.SafetyNet);
        await server.StopAsync().WaitAsync(Quick.SafetyNet);
        ServerReply after = await server.RequestAsync(new GetAutopilotHealthRequest());

        Assert.Equal("s1 is not running", Assert.IsType<ErrorReply>(before).Text);
        Assert.Equal("the server is shutting down", Assert.IsType<ErrorReply>(after).Text);
    }

    // Goal: cancelling ends the waiting at once, and the entry that waited is gone.
    [Fact]
    public async Task A_caller_that_gives_up_leaves_nothing_behind()
    {
        await using ServerHost server = Quick.Alone(configure: WithAnAbsentPeer);
        await server.StartAsync().WaitAsync(Quick.SafetyNet);
        using CancellationTokenSource caller = new();
        Task<ServerReply> waiting = server.RequestAsync(new ProposeRequest(new byte[] { 1 }), caller.Token);
        Assert.Equal(1, Measure("raftsim.requests.waiting"));

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Quick.SafetyNet));
        Assert.Equal(0, Measure("raftsim.requests.waiting"));

        static long Measure(string name)
        {
            long value = -1;
            using MeterListener listener = new();
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == ServerMetrics.MeterName && instrument.Name == name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((_, measurement, tags, _) =>
                value = tags.ToArray().Contains(new("server", "gives-up")) ? measurement : value);
            listener.Start();
            listener.RecordObservableInstruments();
            return value;
        }
    }

    // Goal: a state machine that throws leaves a state that nobody knows: the server stops at once, and says why.
    [Fact]
    public async Task A_state_machine_that_fails_stops_the_server_and_leaves_the_outcome_unknown()
    {
        await using ServerHost server = Quick.Alone(new SumMachine(fears: 13));
        await server.StartAsync().WaitAsync(Quick.SafetyNet);

        ServerReply reply = await server.RequestAsync(SumMachine.Add(13)).WaitAsync(Quick.SafetyNet);

        Assert.Equal(ServerErrorKind.OutcomeUnknown, Assert.IsType<ErrorReply>(reply).Kind);
        ServerFailedException failure = await Assert.ThrowsAsync<ServerFailedException>(
            () => server.Completion.WaitAsync(Quick.SafetyNet));
        Assert.Matches("^the state machine failed at index [0-9]+: cannot add 13$", failure.Message);
    }

    // Goal: an observer is told of the start and the election, and finds a status as new as the event.
    [Fact]
    public async Task An_observer_sees_a_status_as_new_as_the_event()
    {
        await using ServerHost server = Quick.Alone();
        TaskCompletionSource<ServerStatus> leads = new();
        using IDisposable subscription = server.Subscribe(raised =>
        {
            if (raised is { Kind: ServerEventKind.RoleChanged } && raised.Text.Contains("leads", StringComparison.Ordinal))
            {
                leads.TrySetResult(server.Status);
            }
        });

        await server.StartAsync().WaitAsync(Quick.SafetyNet);

        ServerStatus status = await leads.Task.WaitAsync(Quick.SafetyNet);
        Assert.Equal(RaftRole.Leader, status.Role);
        Assert.Equal(status.Id, status.Leader);
    }

    // Goal: an observer's mistake is its own: the server goes on.
    [Fact]
    public async Task An_observer_that_throws_does_no_harm()
    {
        await using ServerHost server = Quick.Alone(new SumMachine());
        using IDisposable subscription = server.Subscribe(_ => throw new InvalidOperationException("no"));
        await server.StartAsync().WaitAsync(Quick.SafetyNet);

        Assert.Equal(2, SumMachine.SumOf(await server.RequestAsync(SumMachine.Add(2)).WaitAsync(Quick.SafetyNet)));
    }

    // Goal: the rule and the value are named, in one line, and nothing was opened.
    [Theory]
    [InlineData("no name", "Name \"no name\": must be letters, digits, '-', '_' and '.', not empty")]
    [InlineData("", "Name \"\": must be letters, digits, '-', '_' and '.', not empty")]
    public async Task Wrong_settings_fail_the_start_in_one_line(string name, string line)
    {
        await using ServerHost server = Quick.Alone(configure: options => options.Name = name);

        ServerFailedException failure = await Assert.ThrowsAsync<ServerFailedException>(() => server.StartAsync());

        Assert.Equal(line, failure.Message);
        await Assert.ThrowsAsync<ServerFailedException>(() => server.Completion.WaitAsync(Quick.SafetyNet));
    }

    // Goal: one object is one incarnation.
    [Fact]
    public async Task A_host_starts_once()
    {
        await using ServerHost server = Quick.Alone();
        await server.StartAsync().WaitAsync(Quick.SafetyNet);
        await server.StopAsync().WaitAsync(Quick.SafetyNet);

        await Assert.ThrowsAsync<InvalidOperationException>(() => server.StartAsync());
    }

    // So that nobody leads: half of the servers is missing.
    private static void WithAnAbsentPeer(RaftServerOptions options)
    {
        options.Name = "gives-up";
        options.RpcHoldTimeout = Duration.Seconds(600);
        options.RequestTimeout = Duration.Seconds(600);
        options.Peers.Add(new ListedPeer("gives-up", options.Address));
        options.Peers.Add(new ListedPeer("absent", new ServerAddress("absent:1")));
    }
}

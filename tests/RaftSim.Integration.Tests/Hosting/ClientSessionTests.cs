using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>Sessions as programs use them. Source: dissertation §6.3.</summary>
public sealed class ClientSessionTests
{
    // Goal: while leaders are killed and come back, every command of a session has its result, and is in the sum once.
    [Fact]
    public async Task Every_command_is_applied_once_while_leaders_die()
    {
        await using LocalCluster cluster = await Quick.StartAsync(
            hub: new LoopbackHub { EncodesMessages = true }, stateMachine: _ => new SumMachine());
        await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        await using ClientSession session = await ClientSession.OpenAsync(cluster.Servers).WaitAsync(Quick.SafetyNet);
        List<Task<ServerReply>> replies = [];
        for (int round = 0; round < 3; round++)
        {
            replies.AddRange(Enumerable.Range(1, 20).Select(number => session.ProposeAsync(SumMachine.Add(number).Payload)));
            LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
            await leader.KillAsync().WaitAsync(Quick.SafetyNet);
            replies.AddRange(Enumerable.Range(1, 20).Select(number => session.ProposeAsync(SumMachine.Add(number).Payload)));
            await Task.WhenAll(replies).WaitAsync(Quick.SafetyNet);
            await leader.StartAsync().WaitAsync(Quick.SafetyNet);
        }

        Assert.All(replies, reply => Assert.IsType<CommandReply>(reply.Result));
        Assert.Equal(120, replies.Select(reply => ((CommandReply)reply.Result).Index).Distinct().Count());
        ServerReply sum = await Quick.UntilAsync(cluster, async () =>
            await cluster.Servers[0].RequestAsync(new QueryRequest(new byte[] { 1 })) as QueryReply);
        Assert.Equal(6 * 210, SumMachine.SumOf(sum));
    }

    // Goal: an answer that is lost on the way is had by asking again, as of the same index.
    [Fact]
    public async Task A_lost_answer_is_had_by_asking_again()
    {
        await using ServerHost host = Quick.Alone(new SumMachine());
        await host.StartAsync(default).WaitAsync(Quick.SafetyNet);
        Forgetful forgetful = new(host);
        await using ClientSession session = await ClientSession.OpenAsync([forgetful]).WaitAsync(Quick.SafetyNet);
        forgetful.Loses = 2;

        CommandReply reply = Assert.IsType<CommandReply>(
            await session.ProposeAsync(SumMachine.Add(5).Payload).WaitAsync(Quick.SafetyNet));

        Assert.Equal(5, SumMachine.SumOf(reply));
        Assert.Equal(reply.Index, Assert.IsType<CommandReply>(forgetful.Lost[0]).Index);
        Assert.Equal(2, forgetful.Lost.Count);
    }

    // Goal: without repeats left the caller is told why, and "unknown" if any attempt may have been carried out.
    [Fact]
    public async Task What_does_not_come_through_in_time_ends_truthfully()
    {
        FakeTimeProvider time = new();
        Scripted server = new();
        ClientSession session = await OpenAsync(
            server, new() { RepeatFor = Duration.Seconds(1), KeepsAlive = false, Time = time });
        Task<ServerReply> reply = session.ProposeAsync(default);
        server.Answer(new ErrorReply(ServerErrorKind.OutcomeUnknown, "unknown"));
        while (!reply.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
            if (server.Waiting > 0)
            {
                server.Answer(new ErrorReply(ServerErrorKind.NoLeader, "no leader"));
            }
        }

        Assert.Equal(new ErrorReply(ServerErrorKind.OutcomeUnknown, "unknown"), await reply);

        reply = session.ProposeAsync(default);
        server.Answer(new ErrorReply(ServerErrorKind.SessionGone, "gone"));
        Assert.Equal(new ErrorReply(ServerErrorKind.SessionGone, "gone"), await reply);
    }

    // Goal: no number runs further ahead of the oldest open one than the cluster remembers; the next goes when that has ended.
    [Fact]
    public async Task Commands_beyond_the_window_wait()
    {
        Scripted server = new();
        ClientSession session = await OpenAsync(server, new() { KeepsAlive = false, RepeatFor = Duration.Zero });
        Task<ServerReply>[] replies =
            [.. Enumerable.Range(0, Limits.SessionWindow + 1).Select(_ => session.ProposeAsync(default))];
        Assert.Equal(Limits.SessionWindow, server.Waiting);

        server.Answer(new CommandReply(new(1), default));
        await server.AskedAsync(Limits.SessionWindow + 2).WaitAsync(Quick.SafetyNet);

        Assert.Equal(Limits.SessionWindow, server.Waiting);
        ProposeRequest last = Assert.IsType<ProposeRequest>(server.LastRequest);
        Assert.Equal(new SessionNumber(session.Id, Limits.SessionWindow + 1, 2), last.Session);
        Assert.IsType<CommandReply>(await replies[0]);
    }

    // Goal: far more callers than the window holds are served in their order, each once, without all waking for one.
    [Fact]
    public async Task Many_callers_are_served_in_their_order()
    {
        const int Count = 20_000;
        Immediate server = new(_ => new CommandReply(new(9), default));
        ClientSession session = await ClientSession.OpenAsync([server], new() { KeepsAlive = false }).WaitAsync(Quick.SafetyNet);
        Task<ServerReply>[] replies = [.. Enumerable.Range(0, Count).Select(_ => session.ProposeAsync(default))];

        await Task.WhenAll(replies).WaitAsync(Quick.SafetyNet);

        Assert.Equal(
            Enumerable.Range(1, Count).Select(number => (ulong)number),
            server.Requests.OfType<ProposeRequest>().Select(request => request.Session!.Value.Number).Order());
    }

    // Goal: who gives up while waiting for a turn takes none, and those behind come to theirs.
    [Fact]
    public async Task Who_gives_up_waiting_takes_no_turn()
    {
        Scripted server = new();
        ClientSession session = await OpenAsync(server, new() { KeepsAlive = false, RepeatFor = Duration.Zero });
        List<Task<ServerReply>> first =
            [.. Enumerable.Range(0, Limits.SessionWindow).Select(_ => session.ProposeAsync(default))];
        using CancellationTokenSource cancel = new();
        Task<ServerReply> givenUp = session.ProposeAsync(default, cancel.Token);
        Task<ServerReply> last = session.ProposeAsync(default);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);

        server.Answer(new CommandReply(new(1), default));
        server.Answer(new CommandReply(new(2), default));
        await server.AskedAsync(Limits.SessionWindow + 2).WaitAsync(Quick.SafetyNet);

        Assert.Equal(Limits.SessionWindow + 2UL, Assert.IsType<ProposeRequest>(server.LastRequest).Session!.Value.Number);
        Assert.False(last.IsCompleted);
        Assert.All(first.Take(2), reply => Assert.IsType<CommandReply>(reply.Result));
    }

    // Goal: a session is kept when it was not used for a third of its lifetime; only a use that succeeded counts, from when it
    // was asked for.
    [Fact]
    public async Task A_session_is_kept_a_third_of_its_lifetime_after_its_last_use()
    {
        FakeTimeProvider time = new();
        Scripted server = new();
        ClientSession session = await OpenAsync(
            server, new() { Lifetime = Duration.Seconds(30), RepeatFor = Duration.Zero, Time = time });
        time.Advance(TimeSpan.FromSeconds(5));
        Task<ServerReply> used = session.ProposeAsync(default);
        server.Answer(new CommandReply(new(9), default));
        await used;
        time.Advance(TimeSpan.FromSeconds(9));
        Task<ServerReply> failed = session.ProposeAsync(default);
        server.Answer(new ErrorReply(ServerErrorKind.NoLeader, "no leader"));
        await failed;
        Assert.Equal(0, server.Waiting);

        time.Advance(TimeSpan.FromSeconds(1));
        await server.AskedAsync(4).WaitAsync(Quick.SafetyNet);

        Assert.Equal(new KeepSessionRequest(session.Id, OldestOpen: 3), server.LastRequest);
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, server.Waiting);
    }

    // Goal: a session that is gone is not kept any longer.
    [Fact]
    public async Task A_session_that_is_gone_is_not_kept()
    {
        FakeTimeProvider time = new();
        Scripted server = new();
        ClientSession session = await OpenAsync(server, new() { Lifetime = Duration.Seconds(3), Time = time });
        time.Advance(TimeSpan.FromSeconds(1));
        await server.AskedAsync(2).WaitAsync(Quick.SafetyNet);
        server.Answer(new ErrorReply(ServerErrorKind.SessionGone, "gone"));
        ValueTask disposed = session.DisposeAsync();
        await server.AskedAsync(3).WaitAsync(Quick.SafetyNet);
        Assert.Equal(new CloseSessionRequest(session.Id), server.LastRequest);
        server.Answer(new DoneReply());
        await disposed;
    }

    // Goal: a session that is disposed of is closed through the first server that can, and is not kept meanwhile.
    [Fact]
    public async Task A_disposed_session_is_closed_by_a_server_that_lives()
    {
        FakeTimeProvider time = new();
        bool isDead = false;
        Immediate first = new(_ => isDead ? new ErrorReply(ServerErrorKind.Refused, "not running") : new DoneReply());
        Immediate second = new(_ => new DoneReply());
        ClientSession session = await ClientSession.OpenAsync(
            [first, second], new() { Lifetime = Duration.Seconds(3), Time = time }).WaitAsync(Quick.SafetyNet);
        isDead = true;

        await session.DisposeAsync().AsTask().WaitAsync(Quick.SafetyNet);
        await session.DisposeAsync().AsTask().WaitAsync(Quick.SafetyNet);

        Assert.Equal([new CloseSessionRequest(session.Id)], second.Requests);
    }

    // Goal: what breaks a rule is refused by value and rule, before anything is asked.
    [Fact]
    public async Task What_breaks_a_rule_is_refused_by_name()
    {
        Scripted server = new();
        Assert.StartsWith("no servers", (await Assert.ThrowsAsync<ArgumentException>(
            () => ClientSession.OpenAsync([]))).Message, StringComparison.Ordinal);
        Assert.StartsWith("Lifetime 10ms: must be 1s to 720h0m0s", (await Assert.ThrowsAsync<ArgumentException>(
            () => OpenAsync(server, new() { Lifetime = Duration.Milliseconds(10) }))).Message, StringComparison.Ordinal);
        Assert.StartsWith("RepeatFor -1ns: must not be negative", (await Assert.ThrowsAsync<ArgumentException>(
            () => OpenAsync(server, new() { RepeatFor = new(-1) }))).Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Waiting);

        Task<ClientSession> refused = ClientSession.OpenAsync([server], new() { RepeatFor = Duration.Zero });
        server.Answer(new ErrorReply(ServerErrorKind.NoLeader, "No cluster leader"));
        Assert.Equal("no session could be opened: No cluster leader",
            (await Assert.ThrowsAsync<ServerFailedException>(() => refused)).Message);

        ClientSession session = await OpenAsync(server, new() { KeepsAlive = false });
        ErrorReply error = Assert.IsType<ErrorReply>(await session.ProposeAsync(new byte[Limits.CommandBytesMax + 1]));
        Assert.Equal("command of 1048577 bytes: at most 1048576 are allowed", error.Text);
        Assert.Equal(0, server.Waiting);
    }

    private static async Task<ClientSession> OpenAsync(Scripted server, ClientSessionOptions options)
    {
        Task<ClientSession> opening = ClientSession.OpenAsync([server], options);
        if (server.Waiting > 0)
        {
            server.Answer(new SessionReply(new(7)));
        }

        return await opening;
    }

    // Answers at once: that a session is open, and to everything else what it is told to.
    private sealed class Immediate(Func<ServerRequest, ServerReply> answer) : IOperator
    {
        public string Name => "immediate";

        public string Region => "global";

        public ConcurrentQueue<ServerRequest> Requests { get; } = [];

        public async Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            if (request is OpenSessionRequest)
            {
                return new SessionReply(new(7));
            }

            Requests.Enqueue(request);
            return answer(request);
        }
    }

    // Carries requests out, but loses some of the answers.
    private sealed class Forgetful(IOperator inner) : IOperator
    {
        public string Name => inner.Name;

        public string Region => inner.Region;

        public int Loses { get; set; }

        public List<ServerReply> Lost { get; } = [];

        public async Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default)
        {
            ServerReply reply = await inner.RequestAsync(request, cancellationToken);
            if (Loses == 0)
            {
                return reply;
            }

            Loses--;
            Lost.Add(reply);
            return new ErrorReply(ServerErrorKind.OutcomeUnknown, "lost");
        }
    }

    // Answers when the test says so, in the order of the requests.
    private sealed class Scripted : IOperator
    {
        private readonly ConcurrentQueue<TaskCompletionSource<ServerReply>> _waiting = new();
        private readonly SortedDictionary<int, TaskCompletionSource> _awaited = [];
        private int _asked;

        public string Name => "scripted";

        public string Region => "global";

        public int Waiting => _waiting.Count;

        public ServerRequest? LastRequest { get; private set; }

        public Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default)
        {
            LastRequest = request;
            TaskCompletionSource<ServerReply> answer = new();
            _waiting.Enqueue(answer);
            Awaited(++_asked).TrySetResult();
            return answer.Task;
        }

        public void Answer(ServerReply reply)
        {
            Assert.True(_waiting.TryDequeue(out TaskCompletionSource<ServerReply>? asked));
            asked.SetResult(reply);
        }

        public Task AskedAsync(int count) => Awaited(count).Task;

        private TaskCompletionSource Awaited(int count)
        {
            lock (_awaited)
            {
                if (!_awaited.TryGetValue(count, out TaskCompletionSource? awaited))
                {
                    _awaited[count] = awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                return awaited;
            }
        }
    }
}

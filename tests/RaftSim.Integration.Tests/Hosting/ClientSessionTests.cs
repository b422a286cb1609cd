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
        ClientSession session = await OpenAsync(server, new() { RepeatFor = Duration.Seconds(1), KeepsAlive = false, Time = time });
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

    // Goal: a session that nobody uses is kept, every third of its lifetime; one that is used need not be.
    [Fact]
    public async Task An_unused_session_is_kept()
    {
        FakeTimeProvider time = new();
        Scripted server = new();
        ClientSession session = await OpenAsync(server, new() { Lifetime = Duration.Seconds(30), Time = time });
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(new KeepSessionRequest(session.Id), server.LastRequest);
        server.Answer(new DoneReply());

        Task<ServerReply> reply = session.ProposeAsync(default);
        server.Answer(new CommandReply(new(9), default));
        await reply;
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, server.Waiting);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, server.Waiting);

        server.Answer(new DoneReply());
        ValueTask disposed = session.DisposeAsync();
        Assert.Equal(new CloseSessionRequest(session.Id), server.LastRequest);
        server.Answer(new DoneReply());
        await disposed;
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

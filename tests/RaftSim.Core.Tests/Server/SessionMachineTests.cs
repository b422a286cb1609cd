using System.Buffers;
using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

/// <summary>The state machine behind its sessions, and both in a snapshot. Source: dissertation §6.3.</summary>
public sealed class SessionMachineTests
{
    // Goal: only commands reach the state machine, and those of a session once.
    [Fact]
    public void The_state_machine_sees_each_command_once()
    {
        Appender appender = new();
        SessionMachine machine = new(appender);

        machine.Apply(Entry(1, new(SessionVerb.Open, default, Duration.Seconds(9), default)));
        ApplyResult first = machine.Apply(Entry(2, Propose(1, 1), 10));
        ApplyResult again = machine.Apply(Entry(3, Propose(1, 1), 10));
        ApplyResult plain = machine.Apply(Entry(4, null, 11));
        machine.Apply(Entry(5, new(SessionVerb.Keep, new(new(1), 0, 0), default, default)));

        Assert.Equal([10, 11], appender.Applied);
        Assert.Equal(first.Result.ToArray(), again.Result.ToArray());
        Assert.Equal((ApplyOutcome.Repeated, new LogIndex(2)), (again.Outcome, again.RepeatOf));
        Assert.Equal((ApplyOutcome.Applied, (byte)2), (plain.Outcome, plain.Result.Span[0]));
    }

    // Goal: a snapshot holds sessions and state as of one moment, whatever is applied while it is read, and however small the
    // pieces are in which it is read and written.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(4096, 5)]
    [InlineData(5, 4096)]
    public void A_snapshot_holds_both_as_of_one_moment(int readBytes, int writeBytes)
    {
        SessionMachine machine = new(new Appender());
        machine.Apply(Entry(1, new(SessionVerb.Open, default, Duration.Seconds(9), default)));
        machine.Apply(Entry(2, new(SessionVerb.Open, default, Duration.Seconds(9), default)));
        machine.Apply(Entry(3, Propose(1, 1), 10));
        machine.Apply(Entry(4, Propose(2, 1), 11));
        using ISnapshotSource source = machine.Capture()!;
        machine.Apply(Entry(5, Propose(1, 2), 12));
        byte[] content = ReadAll(source, readBytes);

        Appender copy = new();
        SessionMachine restored = new(copy);
        using (ISnapshotSink sink = restored.BeginRestore())
        {
            foreach (byte[] piece in content.Chunk(writeBytes))
            {
                sink.Write(piece);
            }

            sink.Commit();
        }

        Assert.Equal([10, 11], copy.Applied);
        Assert.Equal(2, restored.SessionCount);
        ApplyResult repeated = restored.Apply(Entry(6, Propose(1, 1), 10));
        Assert.Equal((ApplyOutcome.Repeated, new LogIndex(3), (byte)1),
            (repeated.Outcome, repeated.RepeatOf, repeated.Result.Span[0]));
        Assert.Equal(ApplyOutcome.Applied, restored.Apply(Entry(7, Propose(1, 2), 12)).Outcome);
    }

    // Goal: a restore that is given up changes neither sessions nor state.
    [Fact]
    public void A_restore_that_is_given_up_changes_nothing()
    {
        SessionMachine machine = new(new Appender());
        machine.Apply(Entry(1, new(SessionVerb.Open, default, Duration.Seconds(9), default)));
        byte[] content = ReadAll(new SessionMachine(new Appender()).Capture()!, 100);

        using (ISnapshotSink sink = machine.BeginRestore())
        {
            sink.Write(content);
        }

        Assert.Equal(1, machine.SessionCount);
    }

    // Goal: content that ends before its sessions do, or holds what is none, is refused.
    [Fact]
    public void Content_without_whole_sessions_is_refused()
    {
        using ISnapshotSink cut = new SessionMachine(new Appender()).BeginRestore();
        cut.Write([9, 0, 0]);
        Assert.Throws<InvariantException>(cut.Commit);

        using ISnapshotSink negative = new SessionMachine(new Appender()).BeginRestore();
        Assert.Throws<InvariantException>(() => negative.Write([0, 0, 0, 0x80]));

        using ISnapshotSink broken = new SessionMachine(new Appender()).BeginRestore();
        Assert.Contains(
            "a session in a snapshot cannot be read",
            Assert.Throws<InvariantException>(() => broken.Write([2, 0, 0, 0, 0xff, 0xff])).Message,
            StringComparison.Ordinal);
    }

    private static SessionUse Propose(ulong session, ulong number) =>
        new(SessionVerb.Propose, new(new(session), number, 1), default, default);

    private static AppliedEntry Entry(ulong index, SessionUse? use, byte payload = 0) =>
        new(new(index), new(1), default, default, new[] { payload }, use);

    private static byte[] ReadAll(ISnapshotSource source, int readBytes)
    {
        List<byte> content = [];
        byte[] buffer = new byte[readBytes];
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            content.AddRange(buffer.AsSpan(0, read));
        }

        return [.. content];
    }

    // Remembers what it is given, one byte a command, and answers how much that is.
    private sealed class Appender : IStateMachine
    {
        public List<byte> Applied { get; private set; } = [];

        public void Apply(in AppliedEntry entry, IBufferWriter<byte> result)
        {
            Applied.Add(entry.Payload.Span[0]);
            result.Write([(byte)Applied.Count]);
        }

        public ISnapshotSource Capture() => new Source([.. Applied]);

        public ISnapshotSink BeginRestore() => new Sink(this);

        private sealed class Source(byte[] state) : ISnapshotSource
        {
            private int _at;

            public int Read(Span<byte> buffer)
            {
                int length = Math.Min(buffer.Length, state.Length - _at);
                state.AsSpan(_at, length).CopyTo(buffer);
                _at += length;
                return length;
            }

            public void Dispose() { }
        }

        private sealed class Sink(Appender appender) : ISnapshotSink
        {
            private readonly List<byte> _state = [];

            public void Write(ReadOnlySpan<byte> bytes) => _state.AddRange(bytes);

            public void Commit() => appender.Applied = _state;

            public void Dispose() { }
        }
    }
}

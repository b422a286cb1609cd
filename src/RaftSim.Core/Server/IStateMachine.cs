using System.Buffers;

namespace RaftSim.Server;

/// <summary>
/// The user's own replicated state machine. Called by one thread at a time, in log order, once for each command; after a
/// restart the whole log is applied again, to a fresh instance. It must be deterministic: nothing but its state and the
/// entry may decide what it does.
/// </summary>
public interface IStateMachine
{
    /// <summary>Applies one committed command and writes the answer for its caller into <paramref name="result"/>.</summary>
    void Apply(in AppliedEntry entry, IBufferWriter<byte> result);

    /// <summary>
    /// Answers a question without changing anything. Called by the same one thread; when it throws, the caller is told the
    /// message and nothing else happens. Default: answers nothing.
    /// </summary>
    void Query(ReadOnlyMemory<byte> query, IBufferWriter<byte> result) =>
        throw new NotSupportedException($"{GetType().Name} answers no queries");
}

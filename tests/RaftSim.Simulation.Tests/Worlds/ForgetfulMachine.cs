using System.Buffers;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>
/// Counts commands; a forgetful one counts the third one wrong, so that machines with the same log differ.
/// </summary>
internal sealed class ForgetfulMachine(bool forgets) : IStateMachine
{
    private byte _count;

    public void Apply(in AppliedEntry entry, IBufferWriter<byte> result)
    {
        _count++;
        result.GetSpan(1)[0] = (byte)(forgets && _count == 3 ? 0 : _count);
        result.Advance(1);
    }
}

using System.Buffers;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Messages, commands and configurations as bytes.</summary>
public static class WireCodec
{
    /// <summary>How configurations are written into log entries.</summary>
    public static ConfigurationCodec Configurations => throw new NotSupportedException();

    /// <summary>Writes a message, without a length prefix.</summary>
    public static void Encode(in Envelope envelope, IBufferWriter<byte> output) => throw new NotSupportedException();

    /// <summary>Reads a message; false, with the reason, when the bytes are not one.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, out Envelope envelope, out string error) => throw new NotSupportedException();

    /// <summary>Writes a command for the log.</summary>
    public static ReadOnlyMemory<byte> EncodeCommand(ClusterCommand command) => throw new NotSupportedException();

    /// <summary>Reads a command from the log; throws <see cref="InvariantException"/> when the bytes are not one.</summary>
    public static ClusterCommand DecodeCommand(ReadOnlyMemory<byte> payload) => throw new NotSupportedException();
}

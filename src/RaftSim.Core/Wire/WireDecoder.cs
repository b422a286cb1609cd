using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>
/// Reads messages and commands, and remembers the ids and addresses that recur, so that a stream of them costs no text
/// each. One for each reader: not thread-safe. <see cref="WireCodec"/> does the same without a memory.
/// </summary>
public sealed class WireDecoder
{
    private readonly TextCache? _cache;

    /// <summary>A decoder that remembers a bounded number of texts.</summary>
    public WireDecoder()
        : this(remember: true)
    {
    }

    internal WireDecoder(bool remember) => _cache = remember ? new() : null;

    /// <summary>
    /// Reads a message; false, with the reason, when the bytes are not one. Never throws. Payloads in the message are slices
    /// of <paramref name="bytes"/>, which must not be written to any more.
    /// </summary>
    public bool TryDecode(ReadOnlyMemory<byte> bytes, out Envelope envelope, out string error)
    {
        if (bytes.Length > Limits.MessageBytesMax)
        {
            envelope = default;
            error = $"a message of {bytes.Length} bytes, more than {Limits.MessageBytesMax}";
            return false;
        }

        try
        {
            envelope = EnvelopeWire.Read(Versioned(bytes), _cache);
            error = "";
            return true;
        }
        catch (WireFormatException fault)
        {
            envelope = default;
            error = fault.Message;
            return false;
        }
    }

    /// <summary>
    /// Reads a command from the log; throws <see cref="InvariantException"/> when the bytes are not one. A user's command is
    /// a slice of <paramref name="payload"/>.
    /// </summary>
    public ClusterCommand DecodeCommand(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return CommandWire.Read(Versioned(payload), _cache);
        }
        catch (WireFormatException fault)
        {
            throw new InvariantException($"a command in the log cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>What stands behind the version byte.</summary>
    internal static ReadOnlyMemory<byte> Versioned(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new WireFormatException("no bytes at all");
        }

        byte version = bytes.Span[0];
        if (version != WireCodec.Version)
        {
            throw new WireFormatException(version > WireCodec.Version
                ? $"format version {version} is newer than {WireCodec.Version}, the newest known here"
                : $"format version {version} never existed");
        }

        return bytes[1..];
    }
}

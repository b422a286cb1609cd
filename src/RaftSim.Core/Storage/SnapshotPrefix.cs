using System.Buffers.Binary;

namespace RaftSim.Storage;

/// <summary>
/// The beginning of a snapshot's content: 4 bytes with a length, then as many bytes that the server itself wants back. What
/// follows is the state machine's.
/// </summary>
internal sealed class SnapshotPrefix
{
    internal const int LengthBytes = sizeof(int);

    internal const string Short = "the snapshot ends inside its manifest";

    // Of a larger one nobody ever wrote the beginning: it is damage.
    private const int BytesMax = 64 << 20;

    private byte[] _bytes = new byte[LengthBytes];
    private int _read;

    /// <summary>The first bytes of a snapshot's content: <paramref name="bytes"/>, their length in front.</summary>
    internal static byte[] Of(ReadOnlySpan<byte> bytes)
    {
        byte[] prefix = new byte[LengthBytes + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, bytes.Length);
        bytes.CopyTo(prefix.AsSpan(LengthBytes));
        return prefix;
    }

    /// <summary>Whether all of it was taken.</summary>
    internal bool IsWhole { get; private set; }

    /// <summary>What is wrong with it; <see langword="null"/> when nothing is, so far.</summary>
    internal string? Broken { get; private set; }

    /// <summary>What it holds, its length left out; empty until it is whole.</summary>
    internal ReadOnlyMemory<byte> Bytes => IsWhole ? _bytes.AsMemory(LengthBytes) : default;

    /// <summary>Takes what it needs of the next content; returns the rest.</summary>
    internal ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> content)
    {
        while (!IsWhole && Broken is null && !content.IsEmpty)
        {
            int taken = Math.Min(content.Length, _bytes.Length - _read);
            content[..taken].CopyTo(_bytes.AsMemory(_read));
            content = content[taken..];
            _read += taken;
            if (_read == LengthBytes)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes);
                if (length is < 0 or > BytesMax)
                {
                    Broken = $"the snapshot's manifest cannot have {length} bytes";
                    break;
                }

                Array.Resize(ref _bytes, LengthBytes + length);
            }

            IsWhole = _read >= LengthBytes && _read == _bytes.Length;
        }

        return Broken is null ? content : default;
    }
}

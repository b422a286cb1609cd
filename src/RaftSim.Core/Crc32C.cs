using System.Buffers.Binary;
using System.Numerics;

namespace RaftSim;

/// <summary>The Castagnoli checksum (CRC-32C, RFC 3720 appendix B.4), by the processor's instruction where it has one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="data"/>, or of what came before and it, given the checksum before.</summary>
    public static uint Compute(ReadOnlySpan<byte> data, uint before = 0)
    {
        uint crc = ~before;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}

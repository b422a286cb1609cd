using System.Numerics;

namespace RaftSim.Simulation;

/// <summary>A running 128-bit hash of everything that happened: two runs with the same hash were the same run.</summary>
internal struct TraceHash
{
    private ulong _a;
    private ulong _b;

    /// <summary>Takes in one number.</summary>
    public void Add(ulong value)
    {
        unchecked
        {
            _a = (BitOperations.RotateLeft(_a, 27) ^ value) * 0x9E3779B97F4A7C15UL;
            _b = (BitOperations.RotateLeft(_b, 31) + value) * 0xD6E8FEB86659FD93UL ^ (_a >> 29);
        }
    }

    /// <summary>Takes in one number.</summary>
    public void Add(long value) => Add(unchecked((ulong)value));

    /// <summary>The hash of some bytes, in the same style, from a starting value.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong from)
    {
        ulong hash = Prng.Hash(from, (ulong)bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Prng.Hash(hash, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong rest = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        return bytes.Length == 0 ? hash : Prng.Hash(hash, rest);
    }

    /// <summary>The hash so far.</summary>
    public readonly UInt128 Value => new(Prng.Hash(_a, _b), Prng.Hash(_b, _a));
}

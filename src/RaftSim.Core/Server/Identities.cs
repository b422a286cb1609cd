namespace RaftSim.Server;

/// <summary>Makes identities from a random stream.</summary>
internal static class Identities
{
    /// <summary>A random UUID (RFC 9562, version 4) in lower case.</summary>
    public static ServerId NewServerId(Prng prng)
    {
        const ulong versionMask = 0xF000, version = 0x4000;
        const ulong variantMask = 0xC000_0000_0000_0000, variant = 0x8000_0000_0000_0000;
        ulong high = (prng.NextUInt64() & ~versionMask) | version;
        ulong low = (prng.NextUInt64() & ~variantMask) | variant;
        string digits = $"{high:x16}{low:x16}";
        return new ServerId($"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}");
    }
}

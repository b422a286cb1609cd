using Google.Protobuf;
using RaftSim.Raft;

namespace RaftSim.Wire;

/// <summary>Raft configurations as they stand in the log.</summary>
internal static class ConfigurationWire
{
    public static ReadOnlyMemory<byte> Encode(Configuration configuration)
    {
        if (configuration.Servers.Length > Limits.ConfigurationServersMax)
        {
            throw new ArgumentException($"{configuration.Servers.Length} servers", nameof(configuration));
        }

        Proto.Configuration result = new();
        foreach (ref readonly ConfiguredServer server in configuration.Servers)
        {
            result.Servers.Add(new Proto.ConfiguredServer
            {
                Id = server.Id.ToString(),
                Address = server.Address.ToString(),
                DiskHigh = server.Disk.High,
                DiskLow = server.Disk.Low,
                Suffrage = EnumMap.To(server.Suffrage),
                AddedAt = server.AddedAt.Value,
            });
        }

        byte[] bytes = new byte[1 + result.CalculateSize()];
        bytes[0] = WireCodec.Version;
        result.WriteTo(bytes.AsSpan(1));
        return bytes;
    }

    public static Configuration Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            Proto.Configuration configuration =
                EnvelopeWire.Parse(Proto.Configuration.Parser, WireDecoder.Versioned(bytes));
            WireText.CheckCount(configuration.Servers.Count, "servers");
            return new([.. configuration.Servers.Select(From)]);
        }
        catch (Exception fault) when (fault is WireFormatException or ArgumentException)
        {
            throw new InvariantException($"a configuration in the log cannot be read: {fault.Message}", fault);
        }
    }

    private static ConfiguredServer From(Proto.ConfiguredServer server) => new(
        WireText.Id(server.Id),
        WireText.Address(server.Address),
        new(server.DiskHigh, server.DiskLow),
        EnumMap.From(server.Suffrage),
        new(server.AddedAt));
}

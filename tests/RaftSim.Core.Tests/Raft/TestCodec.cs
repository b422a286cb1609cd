using System.Globalization;
using System.Text;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Configurations as readable text, so that these tests do not rest on the wire format.</summary>
internal static class TestCodec
{
    public static ConfigurationCodec Instance { get; } = new(Encode, Decode);

    private static ReadOnlyMemory<byte> Encode(Configuration configuration)
    {
        var text = new StringBuilder();
        foreach (ConfiguredServer s in configuration.Servers)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{s.Id} {s.Address} {s.Disk.High} {s.Disk.Low} {(int)s.Suffrage} {s.AddedAt}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static Configuration Decode(ReadOnlyMemory<byte> bytes)
    {
        string[] lines = Encoding.UTF8.GetString(bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new Configuration(lines.Select(Server).ToArray());
    }

    private static ConfiguredServer Server(string line)
    {
        string[] f = line.Split(' ');
        return new ConfiguredServer(
            new ServerId(f[0]), new ServerAddress(f[1]), new DiskId(Number(f[2]), Number(f[3])),
            (Suffrage)Number(f[4]), new LogIndex(Number(f[5])));
    }

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}

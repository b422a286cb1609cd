using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>A server of a <see cref="PolicyModel"/>.</summary>
internal sealed class ModelServer
{
    public required string Id { get; init; }

    public bool Votes { get; set; }

    public bool IsLeader { get; set; }

    public bool IsAlive { get; set; } = true;

    /// <summary>Alive for membership, but it has not reported yet.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Its version and tags are not known to the leader yet.</summary>
    public bool IsUnheard { get; set; }

    public string Version { get; set; } = "1.0.0";

    public string CustomVersion { get; set; } = "";

    public string Zone { get; set; } = "";

    public bool IsReplica { get; set; }

    /// <summary>"s1 leader 1.2.0 zone=a custom=7 replica dead": the id first, then the rest in any order.</summary>
    public static ModelServer Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ModelServer server = new() { Id = words[0] };
        foreach (string word in words[1..])
        {
            switch (word.Split('='))
            {
                case ["leader"]:
                    (server.IsLeader, server.Votes) = (true, true);
                    break;
                case ["voter"]:
                    server.Votes = true;
                    break;
                case ["nonvoter"]:
                    break;
                case ["replica"]:
                    server.IsReplica = true;
                    break;
                case ["dead"]:
                    server.IsAlive = false;
                    break;
                case ["unheard"]:
                    server.IsUnheard = true;
                    break;
                case ["silent"]:
                    server.IsSilent = true;
                    break;
                case ["zone", string zone]:
                    server.Zone = zone;
                    break;
                case ["custom", string custom]:
                    server.CustomVersion = custom;
                    break;
                case [string version]:
                    server.Version = version;
                    break;
                default:
                    throw new ArgumentException($"'{word}' says nothing", nameof(line));
            }
        }

        return server;
    }

    public override string ToString()
    {
        string role = Votes ? "voter" : "nonvoter";
        string rest = (IsReplica ? " replica" : "") + (IsAlive ? "" : " dead") + (IsSilent ? " silent" : "")
            + (IsUnheard ? " unheard" : "");
        return $"{Id} {(IsLeader ? "leader" : role)} {Version} zone={Zone}{rest}";
    }

    public AutopilotServer ToKnown()
    {
        var meta = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Tag(ServerTraits.ZoneTag, Zone);
        Tag(ServerTraits.VersionTag, CustomVersion);
        Tag(ServerTraits.NonVoterTag, IsReplica ? "1" : "");
        return new()
        {
            Id = new(Id),
            NodeStatus = IsAlive ? NodeStatus.Alive : NodeStatus.Failed,
            Version = IsUnheard ? "" : Version,
            Meta = meta,
        };

        void Tag(string key, string value)
        {
            if (value.Length > 0 && !IsUnheard)
            {
                meta[key] = value;
            }
        }
    }
}

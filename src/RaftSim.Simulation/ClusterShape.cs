using System.Collections.ObjectModel;
using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>
/// Which part each server of a swarm's world has. First come those that form the cluster, then read replicas that do so, too,
/// then newcomers of a newer version, the last of which may be replicas. A plain one has only the first, without tags.
/// </summary>
internal sealed record ClusterShape
{
    private const int ShapedPerMille = 250;
    private const int FoundersMin = 3;
    private const int FoundersMax = 6;

    private static readonly FaultKind[] _named = [FaultKind.ZoneLoss, FaultKind.ZoneCut, FaultKind.UpgradeTransfer];

    private ClusterShape(int founders) => Founders = founders;

    /// <summary>How many servers form the cluster and may vote.</summary>
    public int Founders { get; private init; }

    /// <summary>How many read replicas are there from the start.</summary>
    public int Replicas { get; private init; }

    /// <summary>How many servers come later, replicas included.</summary>
    public int Newcomers { get; private init; }

    /// <summary>How many of those are replicas.</summary>
    public int NewReplicas { get; private init; }

    /// <summary>How many zones there are; 0: none.</summary>
    public int Zones { get; private init; }

    /// <summary>Whether the first server, and the first that comes, have no zone although there are some.</summary>
    public bool HasLoner { get; private init; }

    /// <summary>Whether versions are told apart by tags of the servers' own.</summary>
    public bool IsCustom { get; private init; }

    /// <summary>How many servers there are in the end.</summary>
    public int Servers => Founders + Replicas + Newcomers;

    /// <summary>Whether there is nothing but voters.</summary>
    public bool IsPlain => Zones == 0 && Replicas == 0 && Newcomers == 0;

    /// <summary>The shape of the world of a seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="servers">How many servers it is to have; <see langword="null"/>: as the seed has it.</param>
    /// <param name="zones">How many zones; 0: a plain one; <see langword="null"/>: as the seed has it.</param>
    /// <param name="plan">Faults that are asked for by name find what they strike.</param>
    /// <param name="isCalm">Whether it is a plain one in any case.</param>
    public static ClusterShape Of(ulong seed, int? servers, int? zones, FaultPlan plan, bool isCalm)
    {
        ClusterShape plain = new(servers ?? SimWorld.UsualSizeOf(seed));
        Draw draw = Draw.Of(seed, Concern.Shape);
        bool isAsked = zones > 0 || IsNamed(plan);
        if (isCalm || zones == 0 || !(isAsked || draw.PerMille(1, ShapedPerMille)))
        {
            return plain;
        }

        ClusterShape drawn = Make(draw, zones ?? ZonesOf(draw, isAsked), IsNamed(plan));
        if (servers is not int count || count == drawn.Servers)
        {
            return drawn;
        }

        // A plain world of any size can be asked for, and what is asked for is not taken for more.
        int founders = count - drawn.Replicas - drawn.Newcomers;
        bool fits = founders >= Math.Max(drawn.Zones, 1);
        return isAsked
            ? drawn with
            {
                Founders = fits ? founders : count,
                Replicas = fits ? drawn.Replicas : 0,
                Newcomers = fits ? drawn.Newcomers : 0,
                NewReplicas = fits ? drawn.NewReplicas : 0,
            }
            : plain;
    }

    /// <summary>What a server of this shape is started with.</summary>
    public ServerOptions Dress(int server, ServerOptions options)
    {
        if (IsPlain)
        {
            return options;
        }

        bool isNew = server >= Founders + Replicas;
        bool isReplica = server >= Servers - NewReplicas || (server >= Founders && !isNew);
        SortedDictionary<string, string> tags = new(StringComparer.Ordinal);
        if (ZoneOf(server) is { Length: > 0 } zone)
        {
            tags[ServerTraits.ZoneTag] = zone;
        }

        if (isReplica)
        {
            tags[ServerTraits.NonVoterTag] = "1";
        }

        if (IsCustom)
        {
            tags[ServerTraits.VersionTag] = isNew ? "1.1" : "1.0.9";
        }

        return options with
        {
            Meta = new ReadOnlyDictionary<string, string>(tags),

            // Where the tags count, builds say the opposite.
            Version = (isNew, IsCustom) switch { (false, _) => options.Version, (_, true) => "0.0.9", _ => "0.2.0" },
            InitialAutopilot = options.InitialAutopilot with
            {
                EnableRedundancyZones = Zones > 0,
                EnableCustomUpgrades = IsCustom,
            },
        };
    }

    /// <summary>Whether faults are asked for by name that a plain world has no place for.</summary>
    private static bool IsNamed(FaultPlan plan) => !plan.IsSwarm && _named.Any(plan.Includes);

    private static int ZonesOf(Draw draw, bool isAsked) => draw.Below(2, 8) switch
    {
        0 or 1 when !isAsked => 0,
        0 or 2 or 3 => 2,
        7 => 4,
        _ => 3,
    };

    private static ClusterShape Make(Draw draw, int zones, bool isNamed)
    {
        int founders = zones == 0
            ? FoundersMin + draw.Below(3, 2)
            : Math.Max(FoundersMin, zones + draw.Below(3, Math.Clamp(FoundersMax - zones, 0, 2 * zones) + 1));
        int replicas = draw.PerMille(4, 300) ? 1 : 0;
        bool hasLoner = zones > 0 && draw.PerMille(9, 125);
        bool hasNewcomers = isNamed || draw.PerMille(6, 600) || (zones == 0 && replicas == 0);

        // Mostly as many as it takes to take over, or as there are servers; now and then one too few, or one more.
        int enough = zones == 0 ? founders : zones + (hasLoner ? 1 : 0);
        int more = draw.Below(7, 8) switch { 0 => -1, 1 => 1, < 5 => Math.Max(0, founders - enough), _ => 0 };
        int newReplicas = hasNewcomers && replicas > 0 && draw.PerMille(8, 500) ? 1 : 0;
        return new(founders)
        {
            Zones = zones,
            Replicas = replicas,
            Newcomers = hasNewcomers ? enough + more + newReplicas : 0,
            NewReplicas = newReplicas,
            HasLoner = hasLoner,
            IsCustom = draw.PerMille(10, 400),
        };
    }

    private string ZoneOf(int server)
    {
        int place = server >= Founders + Replicas ? server - Founders - Replicas : server;
        place -= HasLoner ? 1 : 0;
        return Zones == 0 || place < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"z{place % Zones}");
    }
}

using System.Text.Json;

namespace RaftSim.Cli.Output;

/// <summary>What the autopilot of a cluster says of itself, as its HTTP API gives it.</summary>
internal sealed record ExplanationView(
    DateTimeOffset Time,
    DateTimeOffset? StateTime,
    DateTimeOffset? NextRound,
    string Problem,
    IReadOnlyList<ServerView> Servers,
    IReadOnlyList<EventView> Events)
{
    private static readonly JsonSerializerOptions _exact = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a reply; <see cref="JsonException"/> when it is none.</summary>
    public static ExplanationView Parse(string json) => JsonSerializer.Deserialize<ExplanationView>(json, _exact)
        ?? throw new JsonException("it is null");
}

/// <summary>One server of it.</summary>
internal sealed record ServerView(
    string ID,
    string Name,
    string State,
    bool Healthy,
    string HealthReason,
    DateTimeOffset? StableSince,
    string Outlook);

/// <summary>One event of it.</summary>
internal sealed record EventView(DateTimeOffset Time, string Kind, string Text);

using System.Text;
using RaftSim.Autopilot;
using RaftSim.Http.Go;

namespace RaftSim.Http.Nomad;

/// <summary>
/// The payload of <c>PUT …/autopilot/configuration</c>, decoded as Go's encoding/json does it: names match whatever
/// their case, the last of several counts, <c>null</c> changes nothing, unknown names and everything after the first
/// value are ignored. It is a whole new configuration: what is left out becomes zero. Values are not judged.
/// Source: Nomad api/operator_autopilot.go; error texts: Go encoding/json.
/// </summary>
internal sealed class AutopilotConfigurationPayload
{
    private string _lastContactThreshold = "";
    private string _serverStabilizationTime = "";
    private bool _cleanupDeadServers;
    private ulong _maxTrailingLogs;
    private ulong _minQuorum;
    private bool _enableRedundancyZones;
    private bool _disableUpgradeMigration;
    private bool _enableCustomUpgrades;
    private string _error = "";

    private AutopilotConfigurationPayload() { }

    /// <summary>Decodes a body; else the reason, without a prefix.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> body, out AutopilotConfig config, out string error)
    {
        config = new();
        if (!GoJsonSyntax.TryFindValue(body, out ReadOnlySpan<byte> value, out error))
        {
            return false;
        }

        // A plain null decodes to "nothing said", which is all zeros here.
        if (Kind(value) is "null")
        {
            return true;
        }

        if (Kind(value) is not "object")
        {
            error = $"json: cannot unmarshal {Kind(value)} into Go value of type api.AutopilotConfiguration";
            return false;
        }

        AutopilotConfigurationPayload payload = new();
        payload.Read(new GoJsonWalk(value));
        config = payload.ToConfig();
        error = payload._error;
        return error.Length == 0;
    }

    private void Read(GoJsonWalk members)
    {
        // The indexes must be numbers, but what they say is the cluster's business.
        ulong ignored = 0;
        while (members.MoveNext())
        {
            switch (Field(members.Name))
            {
                case "LASTCONTACTTHRESHOLD":
                    Text("LastContactThreshold", members.Value, ref _lastContactThreshold);
                    break;
                case "SERVERSTABILIZATIONTIME":
                    Text("ServerStabilizationTime", members.Value, ref _serverStabilizationTime);
                    break;
                case "CLEANUPDEADSERVERS":
                    Bool("CleanupDeadServers", members.Value, ref _cleanupDeadServers);
                    break;
                case "MAXTRAILINGLOGS":
                    Count("MaxTrailingLogs", "uint64", members.Value, ref _maxTrailingLogs);
                    break;
                case "MINQUORUM":
                    Count("MinQuorum", "uint", members.Value, ref _minQuorum);
                    break;
                case "ENABLEREDUNDANCYZONES":
                    Bool("EnableRedundancyZones", members.Value, ref _enableRedundancyZones);
                    break;
                case "DISABLEUPGRADEMIGRATION":
                    Bool("DisableUpgradeMigration", members.Value, ref _disableUpgradeMigration);
                    break;
                case "ENABLECUSTOMUPGRADES":
                    Bool("EnableCustomUpgrades", members.Value, ref _enableCustomUpgrades);
                    break;
                case "CREATEINDEX":
                    Count("CreateIndex", "uint64", members.Value, ref ignored);
                    break;
                case "MODIFYINDEX":
                    Count("ModifyIndex", "uint64", members.Value, ref ignored);
                    break;
            }
        }
    }

    // Durations are looked at last, so a wrong type anywhere is reported before a wrong duration.
    private AutopilotConfig ToConfig() => new()
    {
        LastContactThreshold = ToDuration(_lastContactThreshold),
        ServerStabilizationTime = ToDuration(_serverStabilizationTime),
        CleanupDeadServers = _cleanupDeadServers,
        MaxTrailingLogs = _maxTrailingLogs,
        MinQuorum = _minQuorum,
        EnableRedundancyZones = _enableRedundancyZones,
        DisableUpgradeMigration = _disableUpgradeMigration,
        EnableCustomUpgrades = _enableCustomUpgrades,
    };

    // Empty text is no time at all, though Go's parser itself would refuse it.
    private Duration ToDuration(string text)
    {
        Duration duration = default;
        if (text.Length > 0 && !Duration.TryParse(text, out duration, out string reason))
        {
            Fail(reason);
        }

        return duration;
    }

    private void Text(string field, ReadOnlySpan<byte> value, ref string text)
    {
        switch (Kind(value))
        {
            case "string":
                text = GoJsonWalk.Unquote(value);
                break;
            case "null":
                break;
            default:
                Mismatch(Kind(value), field, "string");
                break;
        }
    }

    private void Bool(string field, ReadOnlySpan<byte> value, ref bool flag)
    {
        switch (Kind(value))
        {
            case "bool":
                flag = value[0] == 't';
                break;
            case "null":
                break;
            default:
                Mismatch(Kind(value), field, "bool");
                break;
        }
    }

    private void Count(string field, string type, ReadOnlySpan<byte> value, ref ulong count)
    {
        switch (Kind(value))
        {
            case "number":
                string digits = Encoding.ASCII.GetString(value);
                if (Strconv.TryParseUint64(digits, out ulong parsed, out _))
                {
                    count = parsed;
                }
                else
                {
                    // Negative, fractional, with an exponent, or too large.
                    Mismatch("number " + digits, field, type);
                }

                break;
            case "null":
                break;
            default:
                Mismatch(Kind(value), field, type);
                break;
        }
    }

    private void Mismatch(string kind, string field, string type) =>
        Fail($"json: cannot unmarshal {kind} into Go struct field .{field} of type {type}");

    // The first mistake is the one reported; decoding goes on behind it.
    private void Fail(string reason) => _error = _error.Length == 0 ? reason : _error;

    // Go folds case by Unicode's simple rules, by which two letters outside ASCII equal ASCII ones: ſ is s, K (Kelvin)
    // is k.
    private static string Field(string name) =>
        name.Replace('\u017f', 's').Replace('\u212a', 'k').ToUpperInvariant();

    private static string Kind(ReadOnlySpan<byte> value) => (char)value[0] switch
    {
        '{' => "object",
        '[' => "array",
        '"' => "string",
        't' or 'f' => "bool",
        'n' => "null",
        _ => "number",
    };
}

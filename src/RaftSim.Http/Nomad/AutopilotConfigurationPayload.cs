using System.Text;
using RaftSim.Autopilot;
using RaftSim.Http.Go;

namespace RaftSim.Http.Nomad;

/// <summary>
/// The payload of <c>PUT …/autopilot/configuration</c>, decoded as Go's encoding/json does it: names match whatever their
/// case, the last of several counts, <c>null</c> changes nothing, unknown names and everything after the first value are
/// ignored. It is a whole new configuration: what is left out becomes zero. Values are not judged.
/// Source: Nomad api/operator_autopilot.go; error texts: Go encoding/json.
/// </summary>
internal ref struct AutopilotConfigurationPayload
{
    private AutopilotConfig config;
    private string lastContactThreshold;
    private string serverStabilizationTime;
    private string error;

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

        AutopilotConfigurationPayload payload = new()
        {
            config = config,
            lastContactThreshold = "",
            serverStabilizationTime = "",
            error = "",
        };
        payload.Read(new GoJsonWalk(value));
        payload.ReadDurations();
        config = payload.config;
        error = payload.error;
        return error.Length == 0;
    }

    private void Read(GoJsonWalk members)
    {
        while (members.MoveNext())
        {
            ReadOnlySpan<byte> value = members.Value;
            switch (Field(members.Name))
            {
                case "LASTCONTACTTHRESHOLD":
                    Text("LastContactThreshold", value, ref lastContactThreshold);
                    break;
                case "SERVERSTABILIZATIONTIME":
                    Text("ServerStabilizationTime", value, ref serverStabilizationTime);
                    break;
                case "CLEANUPDEADSERVERS":
                    config = config with { CleanupDeadServers = Bool("CleanupDeadServers", value, config.CleanupDeadServers) };
                    break;
                case "MAXTRAILINGLOGS":
                    config = config with { MaxTrailingLogs = Count("MaxTrailingLogs", "uint64", value, config.MaxTrailingLogs) };
                    break;
                case "MINQUORUM":
                    config = config with { MinQuorum = Count("MinQuorum", "uint", value, config.MinQuorum) };
                    break;
                case "ENABLEREDUNDANCYZONES":
                    config = config with
                    {
                        EnableRedundancyZones = Bool("EnableRedundancyZones", value, config.EnableRedundancyZones),
                    };
                    break;
                case "DISABLEUPGRADEMIGRATION":
                    config = config with
                    {
                        DisableUpgradeMigration = Bool("DisableUpgradeMigration", value, config.DisableUpgradeMigration),
                    };
                    break;
                case "ENABLECUSTOMUPGRADES":
                    config = config with { EnableCustomUpgrades = Bool("EnableCustomUpgrades", value, config.EnableCustomUpgrades) };
                    break;
                case "CREATEINDEX":
                    // The indexes must be numbers, but what they say is the cluster's business.
                    Count("CreateIndex", "uint64", value, 0);
                    break;
                case "MODIFYINDEX":
                    Count("ModifyIndex", "uint64", value, 0);
                    break;
            }
        }
    }

    // Durations are looked at last, so a wrong type anywhere is reported before a wrong duration. Empty text is 0.
    private void ReadDurations()
    {
        Duration contact = default;
        Duration stabilization = default;
        string reason = "";
        if (error.Length == 0 && lastContactThreshold.Length > 0
            && !Duration.TryParse(lastContactThreshold, out contact, out reason))
        {
            error = reason;
        }

        if (error.Length == 0 && serverStabilizationTime.Length > 0
            && !Duration.TryParse(serverStabilizationTime, out stabilization, out reason))
        {
            error = reason;
        }

        config = config with { LastContactThreshold = contact, ServerStabilizationTime = stabilization };
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

    private bool Bool(string field, ReadOnlySpan<byte> value, bool old)
    {
        switch (Kind(value))
        {
            case "bool":
                return value[0] == 't';
            case "null":
                return old;
            default:
                Mismatch(Kind(value), field, "bool");
                return old;
        }
    }

    private ulong Count(string field, string type, ReadOnlySpan<byte> value, ulong old)
    {
        switch (Kind(value))
        {
            case "number":
                string digits = Encoding.ASCII.GetString(value);
                if (Strconv.TryParseUint64(digits, out ulong count, out _))
                {
                    return count;
                }

                // Negative, fractional, with an exponent, or too large.
                Mismatch("number " + digits, field, type);
                return old;
            case "null":
                return old;
            default:
                Mismatch(Kind(value), field, type);
                return old;
        }
    }

    // The first mismatch is the one reported; decoding goes on behind it.
    private void Mismatch(string kind, string field, string type)
    {
        if (error.Length == 0)
        {
            error = $"json: cannot unmarshal {kind} into Go struct field .{field} of type {type}";
        }
    }

    // Go folds case by Unicode's simple rules, by which two letters outside ASCII equal ASCII ones: ſ is s, K (Kelvin) is k.
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

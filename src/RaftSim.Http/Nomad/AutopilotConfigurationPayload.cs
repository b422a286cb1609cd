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
    private AutopilotConfig _config;
    private string _lastContactThreshold;
    private string _serverStabilizationTime;
    private string _error;

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
            _config = config,
            _lastContactThreshold = "",
            _serverStabilizationTime = "",
            _error = "",
        };
        payload.Read(new GoJsonWalk(value));
        payload.ReadDurations();
        config = payload._config;
        error = payload._error;
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
                    Text("LastContactThreshold", value, ref _lastContactThreshold);
                    break;
                case "SERVERSTABILIZATIONTIME":
                    Text("ServerStabilizationTime", value, ref _serverStabilizationTime);
                    break;
                case "CLEANUPDEADSERVERS":
                    _config = _config with { CleanupDeadServers = Bool("CleanupDeadServers", value, _config.CleanupDeadServers) };
                    break;
                case "MAXTRAILINGLOGS":
                    _config = _config with { MaxTrailingLogs = Count("MaxTrailingLogs", "uint64", value, _config.MaxTrailingLogs) };
                    break;
                case "MINQUORUM":
                    _config = _config with { MinQuorum = Count("MinQuorum", "uint", value, _config.MinQuorum) };
                    break;
                case "ENABLEREDUNDANCYZONES":
                    _config = _config with
                    {
                        EnableRedundancyZones = Bool("EnableRedundancyZones", value, _config.EnableRedundancyZones),
                    };
                    break;
                case "DISABLEUPGRADEMIGRATION":
                    _config = _config with
                    {
                        DisableUpgradeMigration = Bool("DisableUpgradeMigration", value, _config.DisableUpgradeMigration),
                    };
                    break;
                case "ENABLECUSTOMUPGRADES":
                    _config = _config with { EnableCustomUpgrades = Bool("EnableCustomUpgrades", value, _config.EnableCustomUpgrades) };
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
        if (_error.Length == 0 && _lastContactThreshold.Length > 0
            && !Duration.TryParse(_lastContactThreshold, out contact, out reason))
        {
            _error = reason;
        }

        if (_error.Length == 0 && _serverStabilizationTime.Length > 0
            && !Duration.TryParse(_serverStabilizationTime, out stabilization, out reason))
        {
            _error = reason;
        }

        _config = _config with { LastContactThreshold = contact, ServerStabilizationTime = stabilization };
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
        if (_error.Length == 0)
        {
            _error = $"json: cannot unmarshal {kind} into Go struct field .{field} of type {type}";
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

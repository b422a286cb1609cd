using System.CommandLine;

namespace RaftSim.Cli.Settings;

/// <summary>The settings of one command as its options.</summary>
internal sealed class SettingOptions
{
    private readonly List<KeyValuePair<Setting, Option<string?>>> _options = [];

    /// <summary>Adds an option for each setting.</summary>
    public SettingOptions(Command command, IEnumerable<Setting> settings)
    {
        foreach (Setting setting in settings)
        {
            Option<string?> option = setting.ToOption();
            command.Options.Add(option);
            _options.Add(new(setting, option));
        }
    }

    /// <summary>What the command line and all other sources set.</summary>
    public SettingValues Read(ParseResult parsed, Terminal terminal)
    {
        List<KeyValuePair<Setting, string>> given = [];
        foreach ((Setting setting, Option<string?> option) in _options)
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                // A flag without a value is on.
                given.Add(new(setting, parsed.GetValue(option) ?? "true"));
            }
        }

        return SettingValues.Read(given, terminal);
    }
}

using System.CommandLine;
using System.Globalization;

namespace RaftSim.Cli.Settings;

/// <summary>
/// One setting: the same by an option (<c>--election-timeout</c>), an environment variable (<c>RAFTSIM_ELECTION_TIMEOUT</c>)
/// and a key of appsettings.json (<c>ElectionTimeout</c> in the section <c>RaftSim</c>).
/// </summary>
/// <param name="Name">The name of the option, without dashes in front.</param>
/// <param name="Group">Under which title help shows it.</param>
/// <param name="Value">What help calls its value; empty for a flag.</param>
/// <param name="Description">What it is, in one line.</param>
/// <param name="Default">The text of its default; <see langword="null"/>: it has none.</param>
public sealed record Setting(string Name, string Group, string Value, string Description, string? Default)
{
    /// <summary>The section of appsettings.json.</summary>
    public const string Section = "RaftSim";

    /// <summary>What every environment variable of this program starts with.</summary>
    public const string VariablePrefix = "RAFTSIM_";

    /// <summary>What help calls a value with commas in it, which may be an array in appsettings.json.</summary>
    public const string List = "LIST";

    /// <summary>The option.</summary>
    public string Option => "--" + Name;

    /// <summary>The key in the section of appsettings.json.</summary>
    public string Key { get; } = string.Concat(
        Name.Split('-').Select(word => word[..1].ToUpper(CultureInfo.InvariantCulture) + word[1..]));

    /// <summary>The environment variable.</summary>
    public string Variable { get; } =
        VariablePrefix + Name.ToUpper(CultureInfo.InvariantCulture).Replace('-', '_');

    /// <summary>
    /// Whether a source that says 0 says nothing, so that the next one counts. Source: Nomad's merging of the agent's autopilot
    /// block.
    /// </summary>
    public bool IsUnsetAtZero { get; init; }

    /// <summary>Whether it is on when it is named without a value.</summary>
    public bool IsFlag => Value.Length == 0;

    /// <summary>The option for a command. All values are texts here: they are read the same from every source.</summary>
    public Option<string?> ToOption() => new(Option)
    {
        Description = Description,
        HelpName = IsFlag ? null : Value,
        Arity = IsFlag ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };
}

using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace RaftSim.Cli.Settings;

/// <summary>
/// What was set: the command line beats environment variables, which beat appsettings.json in the current folder, which
/// beats the defaults. Whatever is wrong is told with the name that its source uses. Of autopilot's numbers and durations a
/// zero beats nothing: see <see cref="Setting.IsUnsetAtZero"/>.
/// </summary>
public sealed class SettingValues
{
    private const string FileName = "appsettings.json";

    private readonly IConfigurationRoot _configuration;
    private readonly IConfigurationProvider _commandLine;
    private readonly TextWriter _warnings;
    private readonly SortedSet<string> _warned = new(StringComparer.Ordinal);

    private SettingValues(IConfigurationRoot configuration, TextWriter warnings)
    {
        _configuration = configuration;
        _warnings = warnings;
        _commandLine = configuration.Providers.Last();
    }

    /// <summary>
    /// Gathers all sources. Throws <see cref="UsageException"/> when appsettings.json cannot be read or sets what does not
    /// exist; environment variables of that sort are only warned of, because others may share the prefix.
    /// </summary>
    /// <param name="given">What the command line set.</param>
    /// <param name="terminal">The process around it.</param>
    public static SettingValues Read(IEnumerable<KeyValuePair<Setting, string>> given, Terminal terminal)
    {
        ConfigurationBuilder builder = new();
        builder.SetBasePath(terminal.Folder).AddJsonFile(FileName, optional: true, reloadOnChange: false);
        builder.AddInMemoryCollection(OfEnvironment(terminal));
        builder.AddInMemoryCollection(given.Select(value => new KeyValuePair<string, string?>(PathOf(value.Key), value.Value)));
        try
        {
            IConfigurationRoot configuration = builder.Build();
            RefuseUnknown(configuration);
            return new SettingValues(configuration, terminal.Error);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"{FileName} cannot be read: {(e.InnerException ?? e).Message}", e);
        }
    }

    /// <summary>Whether the command line sets it.</summary>
    public bool IsOnCommandLine(Setting setting) => _commandLine.TryGet(PathOf(setting), out _);

    /// <summary>Its text; <see langword="null"/> if nothing sets it.</summary>
    public string? TextOrNull(Setting setting)
    {
        IConfigurationSection section = _configuration.GetSection(PathOf(setting));
        string[] items = [.. section.GetChildren().Select(item => item.Value ?? "")];
        return items.Length > 0 ? string.Join(',', items) : section.Value;
    }

    /// <summary>Its text, or that of its default. Throws <see cref="UsageException"/> when it has none.</summary>
    public string Text(Setting setting) => TextOrNull(setting) ?? setting.Default
        ?? throw new UsageException($"{setting.Option}: must be given");

    /// <summary>Its duration.</summary>
    public Duration Span(Setting setting) => First(
        setting,
        "must be a duration such as 200ms, 10s or 1m30s",
        static text => Duration.TryParse(text, out Duration value, out _) ? value : default(Duration?));

    /// <summary>Whether it is on.</summary>
    public bool Flag(Setting setting) => First(
        setting, "must be true or false", static text => bool.TryParse(text, out bool value) ? value : default(bool?));

    /// <summary>Its number.</summary>
    public int Number(Setting setting, int min, int max) => First(
        setting,
        string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"),
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            && value >= min && value <= max ? value : default(int?));

    /// <summary>Its count.</summary>
    public ulong Count(Setting setting) => First(
        setting,
        $"must be a number from 0 to {ulong.MaxValue}",
        static text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value : default(ulong?));

    /// <summary>An error that names the setting as its source does, its value, and the rule.</summary>
    public UsageException Wrong(Setting setting, string rule)
    {
        IConfigurationProvider? source = _configuration.Providers.LastOrDefault(provider =>
            provider.TryGet(PathOf(setting), out _) || provider.GetChildKeys([], PathOf(setting)).Any());
        return new($"{NameOf(setting, source)} \"{Text(setting)}\": {rule}");
    }

    // What the strongest source says. Where a zero says nothing, whoever wrote one is told so, unless it makes no difference.
    private T First<T>(Setting setting, string rule, Func<string, T?> read)
        where T : struct, IEquatable<T>
    {
        string warning = "";
        foreach (IConfigurationProvider source in _configuration.Providers.Reverse())
        {
            if (source.TryGet(PathOf(setting), out string? text) && text is not null)
            {
                string named = $"{NameOf(setting, source)} \"{text}\"";
                T value = read(text) ?? throw new UsageException($"{named}: {rule}");
                if (!setting.IsUnsetAtZero || !value.Equals(default))
                {
                    Warn(warning);
                    return value;
                }

                warning = warning.Length > 0 ? warning : $"{named}: 0 counts as not set; only the API sets it to that";
            }
        }

        string otherwise = setting.Default ?? throw new UsageException($"{setting.Option}: must be given");
        T standard = read(otherwise) ?? throw new UsageException($"{setting.Option} \"{otherwise}\": {rule}");
        Warn(standard.Equals(default) ? "" : warning);
        return standard;
    }

    private void Warn(string warning)
    {
        if (warning.Length > 0 && _warned.Add(warning))
        {
            _warnings.WriteLine($"warning: {warning}");
        }
    }

    private string NameOf(Setting setting, IConfigurationProvider? source) => source switch
    {
        JsonConfigurationProvider => $"{FileName}: {PathOf(setting)}",
        null => setting.Option,
        _ => source == _commandLine ? setting.Option : setting.Variable,
    };

    private static string PathOf(Setting setting) => $"{Setting.Section}:{setting.Key}";

    private static IEnumerable<Setting> All => KnownSettings.OfCluster.Concat(KnownSettings.OfServer);

    private static List<KeyValuePair<string, string?>> OfEnvironment(Terminal terminal)
    {
        List<KeyValuePair<string, string?>> set = [];
        foreach ((string name, string value) in terminal.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            Setting? setting = All.FirstOrDefault(known => string.Equals(known.Variable, name, StringComparison.Ordinal));
            if (setting is not null)
            {
                set.Add(new KeyValuePair<string, string?>(PathOf(setting), value));
            }
            else
            {
                terminal.Error.WriteLine($"warning: the environment variable {name} is no setting and is ignored");
            }
        }

        return set;
    }

    private static void RefuseUnknown(IConfigurationRoot configuration)
    {
        foreach (IConfigurationSection section in configuration.GetSection(Setting.Section).GetChildren())
        {
            Setting? setting = All.FirstOrDefault(
                known => string.Equals(known.Key, section.Key, StringComparison.OrdinalIgnoreCase));
            if (setting is null)
            {
                throw new UsageException($"{FileName}: {section.Path} is no setting; known are "
                    + string.Join(", ", All.Select(known => known.Key).Distinct(StringComparer.Ordinal)));
            }

            if (setting.Value is not Setting.List && section.GetChildren().Any())
            {
                throw new UsageException($"{FileName}: {section.Path}: must be a single value");
            }
        }
    }
}

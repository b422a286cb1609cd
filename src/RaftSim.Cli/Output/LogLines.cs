using System.Globalization;
using Microsoft.Extensions.Logging;
using RaftSim.Cli.Settings;
using RaftSim.Runtime;

namespace RaftSim.Cli.Output;

/// <summary>The log, a line for each entry, on the error output.</summary>
internal sealed class LogLines(Terminal terminal) : ILoggerProvider
{
    private readonly Lock _writing = new();

    /// <summary>The log of a command, at the level that was set.</summary>
    public static ILoggerFactory CreateFactory(SettingValues values, Terminal terminal)
    {
        LogLevel level = LevelOf(values);
        return LoggerFactory.Create(builder => Configure(builder, level, terminal));
    }

    /// <summary>The level that was set.</summary>
    public static LogLevel LevelOf(SettingValues values)
    {
        string text = values.Text(KnownSettings.LogLevel);
        foreach (LogLevel level in Enum.GetValues<LogLevel>())
        {
            if (string.Equals(level.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return level;
            }
        }

        throw values.Wrong(
            KnownSettings.LogLevel, "must be trace, debug, information, warning, error, critical or none");
    }

    /// <summary>Sets a log up.</summary>
    public static void Configure(ILoggingBuilder builder, LogLevel level, Terminal terminal)
    {
        builder.SetMinimumLevel(level);

        // Events are the command's own output: it prints them itself.
        builder.AddFilter(ServerHost.EventLogCategory, LogLevel.None);

        // A port in use is told by the command, in one line.
        builder.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.AddProvider(new LogLines(terminal));
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write(string category, LogLevel level, string message)
    {
        string time = terminal.Time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        lock (_writing)
        {
            terminal.Error.WriteLine(
                $"{time} {level.ToString().ToLowerInvariant()} {category}: {message}".ReplaceLineEndings(" "));
        }
    }

    private sealed class Line(LogLines lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string message = formatter(state, exception);
            lines.Write(category, logLevel, exception is null ? message : $"{message} ({exception})");
        }
    }
}

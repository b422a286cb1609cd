using Microsoft.Extensions.Logging;

namespace RaftSim.Integration.Tests.Transport;

/// <summary>Keeps what was logged, and lets a test await a line.</summary>
internal sealed class ListeningLogger : ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Part, TaskCompletionSource<string> Found)> _waiters = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The first line, of the past or to come, with this in it.</summary>
    public Task<string> LineWithAsync(string part)
    {
        lock (_gate)
        {
            if (_lines.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } known)
            {
                return Task.FromResult(known);
            }

            TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((part, found));
            return found.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = $"{logLevel}: {formatter(state, exception)}";
        lock (_gate)
        {
            _lines.Add(line);
            foreach ((string part, TaskCompletionSource<string> found) in _waiters)
            {
                if (line.Contains(part, StringComparison.Ordinal))
                {
                    found.TrySetResult(line);
                }
            }
        }
    }
}

using System.Runtime.InteropServices;

namespace RaftSim.Cli;

/// <summary>
/// Ctrl+C and SIGTERM as a token, so that the program ends in its own time. The second signal ends it at once, as if nobody
/// had caught it.
/// </summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Catches the signals from now on, if they are not caught yet; the first one cancels the token.</summary>
    public CancellationToken Catch()
    {
        if (_registrations.Count == 0)
        {
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt));
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt));
        }

        return _source.Token;
    }

    /// <summary>Lets the signals be again.</summary>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}

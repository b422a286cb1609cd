using System.Globalization;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>Runs the worlds of many seeds, one to a core at a time, and stops at the first failure.</summary>
internal sealed class SeedRange(SimulationRequest request, TextWriter output, TextWriter errors)
{
    private static readonly TimeSpan _progressEvery = TimeSpan.FromSeconds(2);

    // From so many on each kind of fault must have struck somewhere.
    private const ulong EnoughSeeds = 300;

    private readonly Lock _lock = new();
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();
    private long _toldAt;
    private ulong _next = request.First;
    private bool _isHandedOut;
    private ulong _done;
    private Duration _simulated;
    private long _events;
    private UInt128 _hash;
    private readonly FaultCounts _faults = new();
    private SimulationResult? _failure;

    /// <summary>Runs them all; returns the exit code.</summary>
    public int Run()
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seeds {request.First}..{request.Last}"));
        output.Flush();
        _toldAt = _startedAt;
        Task[] workers = new Task[Environment.ProcessorCount];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = Task.Run(Work);
        }

        Task.WaitAll(workers);
        output.WriteLine(Progress());
        if (_failure is not null)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {_failure.Seed}"));
            output.WriteLine(_failure);
            output.WriteLine($"trace {_failure.TraceHash:x32}");
            return 1;
        }

        IReadOnlyList<FaultKind> asked = request.Faults.Kinds;
        output.WriteLine($"faults: {_faults.Describe(asked)}");
        output.WriteLine($"trace {_hash:x32}");
        return HaveAllStruck(asked) ? 0 : 1;
    }

    // What never happened in so many worlds has been shown to be survived by none of them.
    private bool HaveAllStruck(IReadOnlyList<FaultKind> asked)
    {
        FaultKind[] never = [.. asked.Where(kind => _faults[kind] == 0)];
        if (_done < EnoughSeeds || never.Length == 0)
        {
            return true;
        }

        errors.WriteLine($"FAILED: never struck in any of these worlds: {string.Join(", ", never.Select(FaultCounts.NameOf))}");
        return false;
    }

    private void Work()
    {
        while (TryTakeSeed(out ulong seed))
        {
            SimulationResult result = request.World(seed).Run(request.Duration);
            lock (_lock)
            {
                Take(result);
            }
        }
    }

    private bool TryTakeSeed(out ulong seed)
    {
        lock (_lock)
        {
            seed = _next;
            if (_isHandedOut || _failure is not null)
            {
                return false;
            }

            _isHandedOut = seed == request.Last;
            _next = _isHandedOut ? seed : seed + 1;
            return true;
        }
    }

    private void Take(SimulationResult result)
    {
        _done++;
        _simulated += result.Elapsed;
        _events += result.Events;
        _faults.Add(result.Faults);

        // A sum does not depend on the order in which the cores finish.
        _hash = unchecked(_hash + result.TraceHash);
        if (result.Violation is not null && (_failure is null || result.Seed < _failure.Seed))
        {
            _failure = result;
        }

        if (TimeProvider.System.GetElapsedTime(_toldAt) >= _progressEvery)
        {
            _toldAt = TimeProvider.System.GetTimestamp();
            errors.WriteLine(Progress());
        }
    }

    private string Progress()
    {
        double seconds = Math.Max(TimeProvider.System.GetElapsedTime(_startedAt).TotalSeconds, 0.001);
        ulong all = request.Last - request.First;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_done} of {(UInt128)all + 1} seeds, {_done / seconds:F1} seeds/s, "
            + $"{_simulated.Nanos / 1e9 / seconds:F0} simulated s/s, {_events / seconds / 1e6:F2} M events/s");
    }
}

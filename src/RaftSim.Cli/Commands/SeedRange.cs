using System.Globalization;
using RaftSim.Simulation;
using Spectre.Console;

namespace RaftSim.Cli.Commands;

/// <summary>
/// Runs the worlds of many seeds, one to a core at a time, and stops at the first failure, which is looked at again in a fresh
/// process before it is told.
/// </summary>
/// <param name="request">What is run.</param>
/// <param name="hashes">Where to write the trace hash of every seed, if anywhere.</param>
/// <param name="terminal">Where it is told.</param>
internal sealed class SeedRange(SimulationRequest request, TextWriter? hashes, Terminal terminal)
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _tellEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly long _startedAt = terminal.Time.GetTimestamp();
    private readonly SeedWorker[] _workers =
        [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new SeedWorker(terminal.Time))];

    private readonly SortedSet<ulong> _underWay = [];
    private readonly SimCampaign _campaign = new();
    private readonly SortedList<ulong, UInt128> _hashes = [];
    private ulong _next = request.First;
    private bool _isOver;

    /// <summary>Runs them all; returns the exit code.</summary>
    public int Run()
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seeds {request.First}..{request.Last}"));
        terminal.Out.Flush();
        CancellationToken interruption = terminal.CatchInterruption();
        using CancellationTokenRegistration stop = interruption.Register(Stop);
        SeedWorker? hanging = Watch([.. _workers.Select(worker => Task.Run(() => Work(worker)))]);
        terminal.Out.WriteLine(Progress());
        WriteHashes();
        if (hanging is not null)
        {
            return Tell(hanging);
        }

        if (_campaign.Failure is { } failure)
        {
            return Tell(failure);
        }

        terminal.Out.WriteLine(_campaign.Times);
        terminal.Out.WriteLine($"faults: {_campaign.Faults.Describe(request.Faults.Kinds)}");
        terminal.Out.WriteLine($"reached {_campaign.Reached}");
        CampaignEnd.TellLost(_campaign, terminal.Out);
        terminal.Out.WriteLine($"trace {_campaign.TraceSum:x32}");
        if (interruption.IsCancellationRequested)
        {
            terminal.Error.WriteLine("interrupted: not all seeds have run");
            return 1;
        }

        return CampaignEnd.Conclude(request, _campaign, terminal.Error);
    }

    private void WriteHashes()
    {
        lock (_lock)
        {
            foreach ((ulong seed, UInt128 hash) in _hashes)
            {
                hashes?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed} {hash:x32}"));
            }
        }
    }

    // Waits for the workers and says how far they are; returns one that hangs, if any does.
    private SeedWorker? Watch(Task[] tasks)
    {
        if (terminal.Screen is not { } screen)
        {
            long toldAt = _startedAt;
            return Watch(tasks, () =>
            {
                if (terminal.Time.GetElapsedTime(toldAt) >= _tellEvery)
                {
                    toldAt = terminal.Time.GetTimestamp();
                    string seeds = string.Join(' ', UnderWay);
                    terminal.Error.WriteLine(Progress() + (seeds.Length == 0 ? "" : $", under way: {seeds}"));
                }
            });
        }

        return screen.Progress()
            .AutoClear(true)
            .Columns(
                new ProgressBarColumn { Width = 20 },
                new PercentageColumn(),
                new RemainingTimeColumn(),
                new TaskDescriptionColumn())
            .Start(context =>
            {
                ProgressTask bar = context.AddTask("seeds", maxValue: (double)Total);
                return Watch(tasks, () =>
                {
                    bar.Value = _campaign.Worlds;
                    bar.Description = UnderWay is [ulong first, ..]
                        ? string.Create(CultureInfo.InvariantCulture, $"{Pace()}, from seed {first} on")
                        : Pace();
                });
            });
    }

    private SeedWorker? Watch(Task[] tasks, Action tell)
    {
        while (!Task.WaitAll(tasks, _lookEvery))
        {
            tell();
            if (Array.Find(_workers, worker => worker.Hangs()) is { } hanging)
            {
                return hanging;
            }
        }

        return null;
    }

    private void Stop()
    {
        lock (_lock)
        {
            _isOver = true;
        }
    }

    private int Tell(SimulationResult failure)
    {
        TextWriter output = terminal.Out;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {failure.Seed}"));
        output.WriteLine(failure);
        string confirmed = FreshProcess.Confirm(request, failure, SeedWorker.HangsAfter, terminal.Time);

        // A Ctrl+C ends that process, too.
        output.WriteLine(terminal.CatchInterruption().IsCancellationRequested
            ? "not looked at again in a fresh process: interrupted"
            : confirmed);
        ShrinkFolder.Fill(request, request.Scenario(failure), failure, terminal);
        using (TimelinePage? page = TimelinePage.Open(request.HtmlFile, terminal))
        {
            page?.Repeat(request, failure.Seed);
        }

        output.WriteLine($"trace {failure.TraceHash:x32}");
        return 1;
    }

    private int Tell(SeedWorker hanging)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {hanging.Seed}"));
        hanging.TellHang($"dotnet run --project src/RaftSim.Cli -- {request.Describe(hanging.Seed)}", terminal.Out);
        return 1;
    }

    private void Work(SeedWorker worker)
    {
        while (TryTakeSeed(out ulong seed))
        {
            try
            {
                Take(worker.Run(request, seed));
            }
            catch (Exception e)
            {
                // A defect of the simulator or of a checker: without its seed nobody could look into it.
                throw new InvalidOperationException($"seed {seed}: the simulator threw: {e}", e);
            }
        }
    }

    private bool TryTakeSeed(out ulong seed)
    {
        lock (_lock)
        {
            seed = _next;
            if (_isOver)
            {
                return false;
            }

            _underWay.Add(seed);
            _isOver = seed == request.Last;
            _next = _isOver ? seed : seed + 1;
            return true;
        }
    }

    private void Take(SimulationResult result)
    {
        lock (_lock)
        {
            _underWay.Remove(result.Seed);
            _campaign.Add(result);
            _isOver |= _campaign.Failure is not null;
            if (hashes is not null)
            {
                _hashes.Add(result.Seed, result.TraceHash);
            }
        }
    }

    // The seeds under way, the smallest first: if the process dies, it is one of these.
    private ulong[] UnderWay
    {
        get
        {
            lock (_lock)
            {
                return [.. _underWay];
            }
        }
    }

    private UInt128 Total => (UInt128)(request.Last - request.First) + 1;

    // In seconds, and never 0.
    private double Elapsed => Math.Max(terminal.Time.GetElapsedTime(_startedAt).TotalSeconds, 0.001);

    // Beside a bar there is room for little.
    private string Pace()
    {
        lock (_lock)
        {
            double seconds = Elapsed;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_campaign.Worlds / seconds:F1} seeds/s, {_campaign.Simulated.Nanos / 1e9 / seconds:F0} simulated s/s");
        }
    }

    private string Progress()
    {
        lock (_lock)
        {
            double seconds = Elapsed;
            double simulated = _campaign.Simulated.Nanos / 1e9;
            ulong done = _campaign.Worlds;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{done} of {Total} seeds, {done / seconds:F1} seeds/s, {simulated / 3600:F1} h simulated, "
                + $"{simulated / seconds:F0} simulated s/s, {_campaign.Events / seconds / 1e6:F2} M events/s");
        }
    }
}

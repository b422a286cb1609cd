using BenchmarkDotNet.Running;
using RaftSim.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(ShortRuns).Assembly).Run(args, new ShortRuns());
return 0;

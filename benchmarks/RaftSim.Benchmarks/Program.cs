using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using RaftSim.Benchmarks;

IEnumerable<Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(ShortRuns).Assembly).Run(args, new ShortRuns());

// A benchmark that did not do what it measures throws; its row says NA, and the run must not look like a success.
return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;

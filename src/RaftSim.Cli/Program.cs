using RaftSim.Cli;

using Interruption interruption = new();
return await CommandLine.RunAsync(args, Terminal.OfProcess(interruption));

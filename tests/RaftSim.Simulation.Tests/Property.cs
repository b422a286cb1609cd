using FsCheck;

namespace RaftSim.Simulation.Tests;

/// <summary>How properties are run: always the same cases, so that a failure today is a failure tomorrow.</summary>
internal static class Property
{
    public static Config Config { get; } = Config.QuickThrowOnFailure.WithReplay(20_240_101UL, 41UL);
}

using RaftSim.Server;
using RaftSim.Simulation.Crashes;

namespace RaftSim.Simulation.Tests.Crashes;

/// <summary>A short story of a cluster, of which every operation of every disk is a place to crash at.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Servers">How many servers there are.</param>
/// <param name="Play">What happens.</param>
internal sealed record Scenario(string Name, int Servers, Action<Stage> Play)
{
    /// <summary>Changes the options of the servers.</summary>
    public Func<ServerOptions, ServerOptions>? Change { get; init; }

    /// <summary>What happens before, without crashes. Default: the cluster forms and has its first settings.</summary>
    public Action<Stage> Before { get; init; } = stage =>
    {
        int leader = stage.Leader();
        stage.Await(() => stage.World.Node(leader).State.Autopilot is not null, "the first settings");
        stage.World.RunFor(Duration.Milliseconds(600));
    };

    /// <summary>All points of it.</summary>
    public CrashEnumeration Enumerate(Action<SimWorld>? spoil = null) => new(
        () =>
        {
            Stage stage = new(Stage.Make(Servers, Change));
            Before(stage);
            return stage.World;
        },
        world =>
        {
            spoil?.Invoke(world);
            Stage stage = new(world);
            Play(stage);
            stage.End();
        });

    public override string ToString() => Name;
}

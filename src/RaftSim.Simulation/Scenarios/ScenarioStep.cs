namespace RaftSim.Simulation.Scenarios;

/// <summary>One line of a scenario that does something, or expects something, at its time.</summary>
/// <param name="Line">The number of the line.</param>
/// <param name="At">When, since the start of the world.</param>
/// <param name="Text">What, as it was written.</param>
/// <param name="Servers">The highest number of a server that it names; -1 for none.</param>
/// <param name="Do">Does it.</param>
internal sealed record ScenarioStep(int Line, Duration At, string Text, int Servers, Action<SimWorld> Do)
{
    /// <summary>The line as it is read.</summary>
    public override string ToString() => $"at {At} {Text}";
}

namespace RaftSim.Simulation;

// What is taken down for a page that shows the run.
public sealed partial class SimWorld
{
    /// <summary>
    /// Where to take down what happens from now on, for a page that shows it. A record belongs to one world:
    /// <see cref="InvalidOperationException"/> otherwise. Default: nowhere. The run is the same.
    /// </summary>
    public RunRecord? Record
    {
        get;
        set
        {
            value?.Begin(this);
            field = value;
            Network.Recorded = value?.Messages;

            // Only where decisions are recorded is it known which fault does what.
            Decisions ??= value is null ? null : new DecisionLog();
            HearFates();
        }
    }

    // Nobody is told of single messages unless somebody wants to know.
    private void HearFates() => Network.Told = Trace is null && Record is null ? null : TellFate;
}

namespace RaftSim.Cli.Commands;

/// <summary>How a command that serves comes to its end.</summary>
internal static class Ending
{
    /// <summary>Waits for the user's signal; throws what the servers' end throws, if that comes first.</summary>
    public static async Task WaitAsync(Task completion, CancellationToken interrupted)
    {
        try
        {
            await completion.WaitAsync(interrupted);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // As it should be.
        }
    }
}

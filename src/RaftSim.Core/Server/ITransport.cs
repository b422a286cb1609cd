namespace RaftSim.Server;

/// <summary>
/// Carries messages between servers. What arrives is handed to the receiving server as
/// <see cref="ServerInput.Received"/>. A transport may lose, delay, repeat and reorder; it never invents or changes a
/// message, and within one lane to one server it keeps the order as long as nothing is lost.
/// </summary>
public interface ITransport
{
    /// <summary>
    /// Queues a message and returns at once. False means that it certainly will not be sent (its queue is full, or the
    /// address cannot be reached by this transport); true promises nothing. Never throws.
    /// </summary>
    bool TrySend(in Envelope envelope);
}

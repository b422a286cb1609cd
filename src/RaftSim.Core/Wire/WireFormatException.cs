namespace RaftSim.Wire;

/// <summary>Bytes that are not what they should be. Never leaves this namespace.</summary>
internal sealed class WireFormatException : Exception
{
    public WireFormatException(string message) : base(message) { }

    public WireFormatException(string message, Exception inner) : base(message, inner) { }

    public WireFormatException() { }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace RaftSim;

/// <summary>
/// Something that can never happen did: the state is not to be trusted. Fatal in shells, a failing seed in worlds.
/// </summary>
public sealed class InvariantException : Exception
{
    /// <summary>Says which invariant broke.</summary>
    public InvariantException(string message) : base(message) { }

    /// <summary>Says which invariant broke, and on what fault.</summary>
    public InvariantException(string message, Exception inner) : base(message, inner) { }

    /// <summary>An unnamed broken invariant.</summary>
    public InvariantException() { }
}

/// <summary>Checks that stay on in Release.</summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantException"/> when <paramref name="condition"/> does not hold.</summary>
    public static void Require(
        [DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string message = "")
    {
        if (!condition)
        {
            Fail(message);
        }
    }

    [DoesNotReturn]
    private static void Fail(string message) => throw new InvariantException(message);
}

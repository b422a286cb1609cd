using System.Collections.Immutable;
using Google.Protobuf;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Client sessions in requests, in the log and in snapshots to and from their generated classes.</summary>
internal static class SessionMap
{
    public static Proto.SessionNumber To(in SessionNumber command) => new()
    {
        Session = command.Session.Value,
        Number = command.Number,
        OldestOpen = command.OldestOpen,
    };

    public static SessionNumber From(Proto.SessionNumber command) =>
        new(new(command.Session), command.Number, command.OldestOpen);

    public static Proto.SessionCommand To(SessionCommand command) => new()
    {
        Verb = (uint)command.Use.Verb,
        Target = To(command.Use.Target),
        Lifetime = command.Use.Lifetime.Nanos,
        ClusterTime = command.Use.ClusterTime.Nanos,
        Payload = UnsafeByteOperations.UnsafeWrap(command.Payload),
    };

    public static SessionUse From(Proto.SessionCommand command) => command.Verb is >= 1 and <= (uint)SessionVerb.Close
        ? new(
            (SessionVerb)command.Verb,
            command.Target is null ? default : From(command.Target),
            new(command.Lifetime),
            new(command.ClusterTime))
        : throw new WireFormatException($"verb {command.Verb} for a session");

    /// <summary>The bytes of a session in a snapshot.</summary>
    public static byte[] Encode(Session session)
    {
        Proto.Session result = new()
        {
            Id = session.Id.Value,
            Lifetime = session.Lifetime.Nanos,
            UsedAt = session.UsedAt.Nanos,
            OldestOpen = session.OldestOpen,
        };
        foreach ((ulong number, SessionAnswer answer) in session.Answers)
        {
            result.Answers.Add(new Proto.SessionAnswer
            {
                Number = number,
                Index = answer.Index.Value,
                Result = UnsafeByteOperations.UnsafeWrap(answer.Result),
            });
        }

        return result.ToByteArray();
    }

    /// <summary>Reads a session; throws <see cref="InvariantException"/> when it is none.</summary>
    public static Session Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            Proto.Session session = EnvelopeWire.Parse(Proto.Session.Parser, bytes);
            return new(
                new(session.Id),
                new(session.Lifetime),
                new(session.UsedAt),
                session.OldestOpen,
                session.Answers.ToImmutableSortedDictionary(
                    answer => answer.Number,
                    answer => new SessionAnswer(new(answer.Index), answer.Result.Memory)),
                session.Answers.Sum(answer => (long)answer.Result.Length));
        }
        catch (Exception fault) when (fault is WireFormatException or ArgumentException)
        {
            throw new InvariantException($"a session in a snapshot cannot be read: {fault.Message}", fault);
        }
    }
}

using System.Collections.Immutable;

namespace RaftSim.Server;

/// <summary>What became of a command of a session.</summary>
/// <param name="Index">Where it was applied.</param>
/// <param name="Result">What the state machine answered.</param>
internal readonly record struct SessionAnswer(LogIndex Index, ReadOnlyMemory<byte> Result);

/// <summary>A session as it was after some entry. Never changes, so that a snapshot may hold on to it.</summary>
/// <param name="Id">The index of the entry that opened it.</param>
/// <param name="Lifetime">How long it may go unused.</param>
/// <param name="UsedAt">The cluster time of its last use.</param>
/// <param name="OldestOpen">Lower numbers were answered, and are not applied any more.</param>
/// <param name="Answers">What became of the others, as far as they came.</param>
/// <param name="AnswerBytes">How long those answers are together.</param>
internal sealed record Session(
    LogIndex Id,
    Duration Lifetime,
    Duration UsedAt,
    ulong OldestOpen,
    ImmutableSortedDictionary<ulong, SessionAnswer> Answers,
    long AnswerBytes)
{
    /// <summary>At later cluster times it has expired.</summary>
    public Duration EndsAt => UsedAt + Lifetime;
}

/// <summary>
/// The open client sessions, as replicated state: what it does follows from the entries alone. Source: dissertation §6.3.
/// </summary>
internal sealed class SessionTable
{
    private readonly SortedDictionary<LogIndex, Session> _sessions = [];
    private readonly SortedSet<(Duration EndsAt, LogIndex Id)> _ends = [];

    /// <summary>How many are open.</summary>
    public int Count => _sessions.Count;

    /// <summary>
    /// Takes an entry that concerns a session. Null: its command is to be applied, and <see cref="Remember"/> called with
    /// the answer. Otherwise what there is to say about the entry, which is done with.
    /// </summary>
    public ApplyResult? Take(LogIndex index, SessionUse use)
    {
        Expire(use.ClusterTime);
        if (use.Verb == SessionVerb.Open)
        {
            return Open(index, use);
        }

        if (!_sessions.TryGetValue(use.Target.Session, out Session? session))
        {
            return new ApplyResult(index, default, ApplyOutcome.SessionNotOpen);
        }

        switch (use.Verb)
        {
            case SessionVerb.Propose:
                session = Advance(session, use.Target.OldestOpen);
                Put(session with { UsedAt = use.ClusterTime });
                return Judge(session, index, use.Target.Number);
            case SessionVerb.Keep:
                Put(Advance(session, use.Target.OldestOpen) with { UsedAt = use.ClusterTime });
                return new ApplyResult(index, default);
            case SessionVerb.Close:
                Drop(session);
                return new ApplyResult(index, default);
            default:
                throw new InvariantException($"entry {index} does {use.Verb} with a session");
        }
    }

    /// <summary>Notes the answer to a command that was to be applied.</summary>
    public void Remember(LogIndex index, in SessionNumber command, ReadOnlyMemory<byte> result)
    {
        Session session = _sessions[command.Session];
        session = session with
        {
            Answers = session.Answers.Add(command.Number, new SessionAnswer(index, result)),
            AnswerBytes = session.AnswerBytes + result.Length,
        };
        while (session.AnswerBytes > Limits.SessionAnswerBytesMax && session.Answers.Count > 1)
        {
            // Forgotten as if its caller had said so: it will not be applied again, either.
            session = Advance(session, session.Answers.First().Key + 1);
        }

        _sessions[command.Session] = session;
    }

    /// <summary>All open sessions as they are now, in the order of their names.</summary>
    public Session[] Capture() => [.. _sessions.Values];

    /// <summary>Becomes what was captured.</summary>
    public void Restore(IEnumerable<Session> sessions)
    {
        _sessions.Clear();
        _ends.Clear();
        foreach (Session session in sessions)
        {
            Put(session);
        }
    }

    private void Expire(Duration now)
    {
        while (_ends.Count > 0 && _ends.Min is (var endsAt, var id) && endsAt < now)
        {
            Drop(_sessions[id]);
        }
    }

    private ApplyResult Open(LogIndex index, SessionUse use)
    {
        if (_sessions.Count >= Limits.SessionsMax)
        {
            return new ApplyResult(index, default, ApplyOutcome.TooManySessions);
        }

        Put(new Session(index, use.Lifetime, use.ClusterTime, 1, ImmutableSortedDictionary<ulong, SessionAnswer>.Empty, 0));
        return new ApplyResult(index, default);
    }

    private static Session Advance(Session session, ulong oldestOpen)
    {
        if (oldestOpen <= session.OldestOpen)
        {
            return session;
        }

        ImmutableSortedDictionary<ulong, SessionAnswer> answers = session.Answers;
        long bytes = session.AnswerBytes;
        foreach ((ulong number, SessionAnswer forgotten) in session.Answers)
        {
            if (number >= oldestOpen)
            {
                break;
            }

            answers = answers.Remove(number);
            bytes -= forgotten.Result.Length;
        }

        return session with { OldestOpen = oldestOpen, Answers = answers, AnswerBytes = bytes };
    }

    private static ApplyResult? Judge(Session session, LogIndex index, ulong number)
    {
        if (number < session.OldestOpen)
        {
            return new ApplyResult(index, default, ApplyOutcome.Forgotten);
        }

        return session.Answers.TryGetValue(number, out SessionAnswer known)
            ? new ApplyResult(index, known.Result, ApplyOutcome.Repeated, known.Index)
            : null;
    }

    private void Put(Session session)
    {
        if (_sessions.TryGetValue(session.Id, out Session? before))
        {
            _ends.Remove((before.EndsAt, before.Id));
        }

        _sessions[session.Id] = session;
        _ends.Add((session.EndsAt, session.Id));
    }

    private void Drop(Session session)
    {
        _ends.Remove((session.EndsAt, session.Id));
        _sessions.Remove(session.Id);
    }
}

namespace RaftSim.Simulation;

// What a script can do to single links. A link is one direction of the way between two servers, if not said otherwise; whatever
// lasts ends with Heal, too. Each is counted when it first befalls a message to a server that is up.
public sealed partial class SimWorld
{
    internal const int TimesMax = 1_000_000;
    internal const int BytesPerSecondMin = 100;

    private readonly SortedSet<(FaultKind Kind, int From, int To)> _handicaps = [];

    /// <summary>From now on messages on a link take so many times as long as usual.</summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">Who is sent to; another one, or <see cref="ArgumentException"/>.</param>
    /// <param name="times">
    /// 1 to 1,000,000; 1 is as quick as usual, and begins a new connection, on which nothing waits behind what crawls: that is
    /// lost. Else <see cref="ArgumentOutOfRangeException"/>.
    /// </param>
    public void SlowLink(int from, int to, int times)
    {
        RequireLink(from, to);
        RequireTimes(times);
        Network.Slow(from, to, times, times > 1 ? Once(FaultKind.SlowLink) : null);
        Handicap(FaultKind.SlowLink, from, to, times > 1, $"takes {times} times as long");
    }

    /// <summary>From now on a link carries so many bytes a second. What would wait for more than 2 s is refused.</summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">Who is sent to; another one, or <see cref="ArgumentException"/>.</param>
    /// <param name="bytesPerSecond">
    /// 100 or more, or <see cref="ArgumentOutOfRangeException"/>; <see langword="null"/>: any number, as usual, which begins a
    /// new connection.
    /// </param>
    public void LimitLink(int from, int to, int? bytesPerSecond)
    {
        RequireLink(from, to);
        int least = bytesPerSecond ?? BytesPerSecondMin;
        ArgumentOutOfRangeException.ThrowIfLessThan(least, BytesPerSecondMin, nameof(bytesPerSecond));
        Network.Limit(from, to, bytesPerSecond, bytesPerSecond is null ? null : Once(FaultKind.Bandwidth));
        Handicap(FaultKind.Bandwidth, from, to, bytesPerSecond is not null, $"carries {bytesPerSecond} bytes a second");
    }

    /// <summary>
    /// From now on what is in the bulk lane, entries and snapshots, does not come through a link, or does again.
    /// </summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">Who is sent to; another one, or <see cref="ArgumentException"/>.</param>
    /// <param name="isStalled">Whether it does not.</param>
    public void StallBulk(int from, int to, bool isStalled)
    {
        RequireLink(from, to);
        Network.StallBulk(from, to, isStalled, isStalled ? Once(FaultKind.BulkStall) : null);
        Handicap(FaultKind.BulkStall, from, to, isStalled, "carries nothing in bulk");
    }

    /// <summary>From now on two servers do not reach each other, either way; all others reach both.</summary>
    /// <param name="one">One of them.</param>
    /// <param name="other">The other; not the same, or <see cref="ArgumentException"/>.</param>
    public void CutLink(int one, int other)
    {
        RequireLink(one, other);
        Action bite = Once(FaultKind.CutLink);
        Network.Block(one, other, bite);
        Network.Block(other, one, bite);
        Say($"s{one} and s{other} do not reach each other");
    }

    /// <summary>Ends <see cref="CutLink"/>, and <see cref="Block"/> in both directions.</summary>
    /// <param name="one">One of them.</param>
    /// <param name="other">The other; not the same, or <see cref="ArgumentException"/>.</param>
    public void MendLink(int one, int other)
    {
        RequireLink(one, other);
        Network.Unblock(one, other);
        Network.Unblock(other, one);
        Disturb(_servers[one]);
        Disturb(_servers[other]);
        Say($"s{one} and s{other} reach each other again");
    }

    /// <summary>The connection between two servers breaks: what is under way on it, in both directions, never arrives.</summary>
    /// <param name="one">One of them.</param>
    /// <param name="other">The other; not the same, or <see cref="ArgumentException"/>.</param>
    public void ResetLink(int one, int other)
    {
        RequireLink(one, other);
        Network.Reset(one, other, Once(FaultKind.ConnectionReset));
        Say($"connection of s{one} and s{other} breaks");
    }

    // What does not show in which links are cut is told to those that judge whether anybody is left behind.
    private void Handicap(FaultKind kind, int from, int to, bool isOn, string what)
    {
        if (isOn && _handicaps.Add((kind, from, to)))
        {
            Impair([from, to], isCut: false);
        }
        else if (!isOn && _handicaps.Remove((kind, from, to)))
        {
            Recover([from, to], isCut: false);
        }

        Say($"link s{from}>s{to} {(isOn ? what : "is as before")}");
    }

    private void EndHandicaps()
    {
        foreach ((_, int from, int to) in _handicaps)
        {
            Recover([from, to], isCut: false);
        }

        _handicaps.Clear();
    }

    private void RequireLink(int from, int to)
    {
        if (ServerOf(from, nameof(from)) == ServerOf(to, nameof(to)))
        {
            throw new ArgumentException($"s{from} has no link to itself", nameof(to));
        }
    }
}

using System.Globalization;
using RaftSim.Simulation.Faults;

namespace RaftSim.Simulation;

/// <summary>What a decision is about.</summary>
public enum DecisionKind : byte
{
    /// <summary>A fault strikes.</summary>
    Strike,

    /// <summary>An ambush strikes a server once. Alone, or as a part of the strike that is the ambush.</summary>
    Blow,

    /// <summary>Something befalls a single message.</summary>
    Message,

    /// <summary>A caller of the workload asks for something.</summary>
    Request,
}

/// <summary>
/// One thing that a seed decides while a world runs. What it does follows from the seed and from what names it here alone, so
/// that it can be left out, and the others stay as they were: <see cref="SimWorld.WithOnly"/>.
/// </summary>
public readonly record struct Decision : IComparable<Decision>
{
    private const string StrikeWord = "strike";
    private const string BlowWord = "blow";
    private const string MessageWord = "message";
    private const string RequestWord = "request";
    private const string EveryRequestWord = "requests";

    /// <summary>What it is about.</summary>
    public DecisionKind Kind { get; private init; }

    /// <summary>Which fault, of a strike or a message.</summary>
    public FaultKind Fault { get; private init; }

    /// <summary>Its number, from 1 on: among the strikes of its kind, the messages of its link, or the requests.</summary>
    public ulong Number { get; private init; }

    /// <summary>Which blow of an ambush.</summary>
    public int Part { get; private init; }

    /// <summary>Who sends the message.</summary>
    public int From { get; private init; }

    /// <summary>To whom the message goes, or whom the blow hits.</summary>
    public int To { get; private init; }

    /// <summary>When the fault or the blow strikes, since the start of the world.</summary>
    public Duration At { get; private init; }

    /// <summary>All requests of the workload, however many there are.</summary>
    public static Decision EveryRequest => new() { Kind = DecisionKind.Request };

    /// <summary>A fault strikes. Throws <see cref="ArgumentException"/> for one that befalls messages or clocks.</summary>
    /// <param name="fault">Which.</param>
    /// <param name="number">Its number among those of its kind, from 1 on: whom it hits, and how hard, follows from it.</param>
    /// <param name="at">When, since the start of the world.</param>
    public static Decision Strike(FaultKind fault, ulong number, Duration at) => FaultCatalogue.Strikes(fault)
        ? new() { Kind = DecisionKind.Strike, Fault = fault, Number = number, At = at }
        : throw new ArgumentException($"{FaultCounts.NameOf(fault)} does not strike", nameof(fault));

    /// <summary>One blow of an ambush, without the others.</summary>
    /// <param name="ambush">The number of the ambush among strikes of its kind.</param>
    /// <param name="part">Which of its blows, as it was recorded.</param>
    /// <param name="server">The number of the server that it hits.</param>
    /// <param name="at">When, since the start of the world.</param>
    public static Decision Blow(ulong ambush, int part, int server, Duration at) => new()
    {
        Kind = DecisionKind.Blow,
        Fault = FaultKind.Ambush,
        Number = ambush,
        Part = part,
        To = server,
        At = at,
    };

    /// <summary>Something befalls a message.</summary>
    /// <param name="fault">What: one of those that befall messages, such as <see cref="FaultKind.Drop"/>.</param>
    /// <param name="from">The number of the server that sends it.</param>
    /// <param name="to">The number of the server that it goes to.</param>
    /// <param name="number">Which one between these two, from 1 on.</param>
    public static Decision Message(FaultKind fault, int from, int to, ulong number) =>
        new() { Kind = DecisionKind.Message, Fault = fault, From = from, To = to, Number = number };

    /// <summary>A caller asks for something.</summary>
    /// <param name="number">Which request of the workload, from 1 on.</param>
    public static Decision Request(ulong number) => new() { Kind = DecisionKind.Request, Number = number };

    /// <summary>
    /// Reads <c>strike crash 3 at 2.5s</c>, <c>blow 1 4 s2 at 3s</c>, <c>message drop s0 s1 17</c>, <c>request 12</c> or
    /// <c>requests</c>; false for anything else.
    /// </summary>
    public static bool TryParse(string text, out Decision decision)
    {
        ArgumentNullException.ThrowIfNull(text);
        decision = default;
        switch (text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            case [StrikeWord, string name, string number, "at", string at]
                when FaultCounts.TryFind(name, out FaultKind fault)
                    && FaultCatalogue.Strikes(fault)
                    && TryParse(number, out ulong n)
                    && Duration.TryParse(at, out Duration time, out _)
                    && time >= Duration.Zero:
                decision = Strike(fault, n, time);
                return true;
            case [BlowWord, string number, string part, string server, "at", string at]
                when TryParse(number, out ulong n)
                    && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int p)
                    && TryParseServer(server, out int victim)
                    && Duration.TryParse(at, out Duration time, out _)
                    && time >= Duration.Zero:
                decision = Blow(n, p, victim, time);
                return true;
            case [MessageWord, string name, string from, string to, string number]
                when FaultCounts.TryFind(name, out FaultKind fault)
                    && !FaultCatalogue.Strikes(fault)
                    && TryParseServer(from, out int sender)
                    && TryParseServer(to, out int receiver)
                    && TryParse(number, out ulong n):
                decision = Message(fault, sender, receiver, n);
                return true;
            case [RequestWord, string number] when TryParse(number, out ulong n):
                decision = Request(n);
                return true;
            case [EveryRequestWord]:
                decision = EveryRequest;
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public int CompareTo(Decision other)
    {
        int order = Kind.CompareTo(other.Kind);
        order = order != 0 ? order : At.CompareTo(other.At);
        order = order != 0 ? order : Fault.CompareTo(other.Fault);
        order = order != 0 ? order : From.CompareTo(other.From);
        order = order != 0 ? order : To.CompareTo(other.To);
        order = order != 0 ? order : Number.CompareTo(other.Number);
        return order != 0 ? order : Part.CompareTo(other.Part);
    }

    /// <summary>The decision as <see cref="TryParse(string, out Decision)"/> reads it.</summary>
    public override string ToString()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        return Kind switch
        {
            DecisionKind.Strike => string.Create(culture, $"{StrikeWord} {FaultCounts.NameOf(Fault)} {Number} at {At}"),
            DecisionKind.Blow => string.Create(culture, $"{BlowWord} {Number} {Part} s{To} at {At}"),
            DecisionKind.Message =>
                string.Create(culture, $"{MessageWord} {FaultCounts.NameOf(Fault)} s{From} s{To} {Number}"),
            _ => Number == 0 ? EveryRequestWord : string.Create(culture, $"{RequestWord} {Number}"),
        };
    }

    /// <summary>Reads the name of a server, s0 and so on.</summary>
    internal static bool TryParseServer(string text, out int server)
    {
        server = 0;
        return text.StartsWith('s')
            && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out server);
    }

    private static bool TryParse(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}

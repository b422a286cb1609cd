namespace RaftSim.Autopilot;

/// <summary>The latest events of a run. Bounded: the oldest are forgotten, and long texts are cut.</summary>
internal sealed class AutopilotHistory
{
    private readonly Queue<PastAutopilotEvent> _events = new();

    /// <summary>What is kept, the newest last.</summary>
    public IReadOnlyList<PastAutopilotEvent> Events => [.. _events];

    /// <summary>Keeps one more.</summary>
    public void Add(PastAutopilotEvent told)
    {
        if (_events.Count == Limits.AutopilotEventsMax)
        {
            _events.Dequeue();
        }

        _events.Enqueue(told with { Text = Cut(told.Text) });
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _events.Clear();

    // The list of a large cluster's unhealthy servers would fill messages. Two halves of one character stay together.
    private static string Cut(string text)
    {
        const int Length = Limits.AutopilotEventCharsMax - 1;
        if (text.Length <= Limits.AutopilotEventCharsMax)
        {
            return text;
        }

        return text[..(char.IsHighSurrogate(text[Length - 1]) ? Length - 1 : Length)] + "…";
    }
}

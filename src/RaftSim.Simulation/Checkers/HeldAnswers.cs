namespace RaftSim.Simulation.Checkers;

/// <summary>Answers that are judged behind the step in which they are given: then it is known what that has committed.</summary>
internal sealed class HeldAnswers
{
    private readonly List<ReplyObservation> _answers = [];

    /// <summary>Holds one.</summary>
    public void Add(in ReplyObservation answer) => _answers.Add(answer);

    /// <summary>Takes one of a server out, the last first; false when there is none.</summary>
    public bool TryTake(int server, out ReplyObservation answer)
    {
        int at = _answers.Count - 1;
        while (at >= 0 && _answers[at].Server != server)
        {
            at--;
        }

        answer = at >= 0 ? _answers[at] : default;
        if (at >= 0)
        {
            _answers.RemoveAt(at);
        }

        return at >= 0;
    }
}

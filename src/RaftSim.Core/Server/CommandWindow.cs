using System.Collections;

namespace RaftSim.Server;

/// <summary>
/// Recognises forwarded writes that this server has already taken as the leader of a term: a transport may repeat a
/// message. A request names the term it is meant for, so that nothing need be remembered beyond the last term led.
/// </summary>
public sealed class CommandWindow
{
    /// <summary>How far behind the newest number of its origin a command may be; older ones are dropped.</summary>
    public const int Width = 65_536;

    private readonly SortedDictionary<(ServerId Origin, ulong Incarnation), Window> _windows = [];

    /// <summary>The last term that this server led since it was started; none if it has not.</summary>
    public Term? LedTerm { get; private set; }

    /// <summary>Forgets everything: this server leads a new term.</summary>
    public void Begin(Term term)
    {
        LedTerm = term;
        _windows.Clear();
    }

    /// <summary>True the first time a command is shown; false for a copy, and for one too old to tell.</summary>
    public bool TryTake(in CommandId command)
    {
        (ServerId, ulong) origin = (command.Origin, command.Incarnation);
        if (!_windows.TryGetValue(origin, out Window? window))
        {
            _windows[origin] = window = new Window();
        }

        return window.TryTake(command.Sequence);
    }

    private sealed class Window
    {
        private readonly BitArray _seen = new(Width);
        private ulong _highest;

        public bool TryTake(ulong sequence)
        {
            if (sequence + Width <= _highest)
            {
                return false;
            }

            if (sequence > _highest)
            {
                // Slots between the old and the new highest now stand for numbers not seen yet.
                ulong fresh = Math.Min(sequence - _highest, Width);
                for (ulong i = 0; i < fresh; i++)
                {
                    _seen[Slot(sequence - i)] = false;
                }

                _highest = sequence;
            }

            int slot = Slot(sequence);
            bool isNew = !_seen[slot];
            _seen[slot] = true;
            return isNew;
        }

        private static int Slot(ulong sequence) => (int)(sequence % Width);
    }
}

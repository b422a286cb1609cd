using FsCheck;
using FsCheck.Fluent;
using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

public sealed class CommandWindowTests
{
    private readonly CommandWindow _window = new();

    // Goal: a copy of a command is recognised, whatever came in between.
    [Fact]
    public void A_command_is_taken_once()
    {
        Assert.True(_window.TryTake(Command(5)));
        Assert.True(_window.TryTake(Command(3)));
        Assert.False(_window.TryTake(Command(5)));
        Assert.False(_window.TryTake(Command(3)));
        Assert.True(_window.TryTake(Command(4)));
    }

    // Goal: one origin's numbers say nothing of another's, nor of the same server's before its restart.
    [Fact]
    public void Origins_and_incarnations_are_told_apart()
    {
        Assert.True(_window.TryTake(Command(5)));
        Assert.True(_window.TryTake(Command(5) with { Incarnation = 2 }));
        Assert.True(_window.TryTake(Command(5) with { Origin = new ServerId("b") }));
    }

    // Goal: what is too old to tell is never taken (it might be a copy).
    [Fact]
    public void A_command_behind_the_window_is_not_taken()
    {
        Assert.True(_window.TryTake(Command(CommandWindow.Width + 10)));
        Assert.False(_window.TryTake(Command(10)));
        Assert.True(_window.TryTake(Command(11)));
    }

    // Goal: the window agrees with a set that forgets nothing, as long as numbers stay inside it.
    [Fact]
    public void The_window_agrees_with_a_set()
    {
        Prop.ForAll<int[]>(numbers =>
        {
            CommandWindow window = new();
            SortedSet<ulong> seen = [];
            return numbers.All(number =>
            {
                ulong sequence = ((ulong)(uint)number % CommandWindow.Width) + 1;
                return window.TryTake(Command(sequence)) == seen.Add(sequence);
            });
        }).QuickCheckThrowOnFailure();
    }

    private static CommandId Command(ulong sequence) => new(new ServerId("a"), 1, sequence);
}

using RaftSim.Tidy;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>Every rule about compiled types can fail: small bad types.</summary>
public sealed class SignatureRuleTests
{
    // Goal: fields, parameters, returns, loops and what lambdas capture are all looked at.
    [Fact]
    public void What_is_not_deterministic_is_seen()
    {
        Type[] types = [typeof(Undetermined), .. typeof(Undetermined).GetNestedTypes(System.Reflection.BindingFlags.NonPublic)];

        string[] found =
        [
            .. SignatureRules.Undetermined(types, mayUseFiles: false)
                .Select(line => line[(line.LastIndexOf('.') + 1)..]).Where(line => !line.StartsWith('<')),
        ];

        Assert.Equal(
            [
                "Average: Double", "Capture: Random", "Open: Stream", "Sum: Dictionary`2", "Sum: Enumerator", "Wait: Task",
                "_seen: HashSet`1", "random: Random",
            ],
            found.Where(line => !line.StartsWith("CS$", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
    }

    // Goal: traces may be written where files are allowed.
    [Fact]
    public void Files_are_seen_unless_they_are_allowed() => Assert.DoesNotContain(
        SignatureRules.Undetermined([typeof(Undetermined)], mayUseFiles: true),
        line => line.EndsWith("Stream", StringComparison.Ordinal));

    // Goal: a static may neither be assigned nor be changed inside, also when it hides behind a read-only view.
    [Fact]
    public void A_static_that_changes_is_seen() => Assert.Equal(
        [
            "Count can be assigned", "Names can be changed inside", "Order can be changed inside",
            "Shared can be changed inside", "View can be changed inside",
        ],
        SignatureRules.ChangingStatics([typeof(Statics)]).Select(line => line[(line.LastIndexOf('.') + 1)..]));

    // Goal: an open class is seen; a sealed, a static and a closed one are not.
    [Fact]
    public void An_open_class_is_seen() => Assert.Equal(
        [typeof(Open).FullName!, typeof(OpenAbstract).FullName!],
        SignatureRules.OpenClasses([typeof(Open), typeof(OpenAbstract), typeof(Closed), typeof(Sealed), typeof(Helping)]));

    public class Open;

    public abstract class OpenAbstract;

    public abstract record Closed
    {
        private protected Closed()
        {
        }
    }

    public sealed class Sealed;

    public static class Helping;

    private sealed class Undetermined
    {
        private readonly HashSet<int> _seen = [];

        public static Task Wait() => Task.CompletedTask;

        public static int Sum(Dictionary<int, int> numbers)
        {
            int sum = _base;
            foreach (KeyValuePair<int, int> number in numbers)
            {
                sum += number.Value;
            }

            return sum;
        }

        public static Func<int> Capture(Random random) => () => random.Next();

        public static bool Open(Stream stream) => stream.CanRead;

        public double Average() => _seen.Count / 2;

        private const int _base = 1;
    }

    private sealed class Statics
    {
        public static readonly Duration Fine = Duration.Zero;
        public static readonly IReadOnlyList<string> FineView = Array.AsReadOnly(["a"]);
        public static readonly string[] Names = ["a"];
        public static readonly Statics Shared = new();
        public static readonly IReadOnlyDictionary<int, int> View = new SortedDictionary<int, int>();
        public static readonly IComparer<int> Order = Comparer<int>.Create((a, b) => a - b);
        public static int Count = 1;
        public int Own = 1;
        private static readonly int[] _table = [1, 2];

        public static int First => _table[0];
    }
}

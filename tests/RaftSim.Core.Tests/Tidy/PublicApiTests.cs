using RaftSim.Simulation;
using RaftSim.Tidy;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>The public surface changes only on purpose: each change is a diff of a golden file.</summary>
public sealed class PublicApiTests
{
    // Goal: whoever changes what users of Core build on sees it in the diff.
    [Fact]
    public void The_surface_of_Core_is_the_golden_one() =>
        Golden.Check("Tidy/RaftSim.Core.api.txt", PublicApi.Render(typeof(Invariant).Assembly));

    // Goal: the same for users of Simulation.
    [Fact]
    public void The_surface_of_Simulation_is_the_golden_one() =>
        Golden.Check("Tidy/RaftSim.Simulation.api.txt", PublicApi.Render(typeof(SimDisk).Assembly));

    // Goal: everything a caller could depend on is written down, and what the compiler adds to records is not.
    [Fact]
    public void Every_kind_of_member_is_written_down() => Assert.Equal(
        """
        enum RaftSim.Core.Tests.Tidy.PublicApiTests.Colour : byte
            None = 0
            Red = 4

        delegate string? RaftSim.Core.Tests.Tidy.PublicApiTests.Name(Colour colour)

        sealed record RaftSim.Core.Tests.Tidy.PublicApiTests.Point : IComparable<Point>
            Point(int X, string? Y)
            int CompareTo(Point? other)
            int X { get; init; }
            required IReadOnlyList<string?> Names { get; init; }
            string? Y { get; init; }

        sealed class RaftSim.Core.Tests.Tidy.PublicApiTests.Shape
            Shape()
            T[] All<T>(in Colour colour, out int? count, string name = "x")
            const int SidesMax = 12
            event EventHandler Painted
            int this[int side] { get; }
            static Shape Square { get; set; }

        """,
        PublicApi.Render([typeof(Shape), typeof(Point), typeof(Colour), typeof(Name)]));

    public enum Colour : byte
    {
        None = 0,
        Red = 4,
    }

    public delegate string? Name(Colour colour);

    public sealed record Point(int X, string? Y) : IComparable<Point>
    {
        public required IReadOnlyList<string?> Names { get; init; }

        public int CompareTo(Point? other) => X.CompareTo(other?.X ?? 0);
    }

    public sealed class Shape
    {
        public const int SidesMax = 12;

        public event EventHandler? Painted;

        public static Shape Square { get; set; } = new();

        public int this[int side] => side;

        public T[] All<T>(in Colour colour, out int? count, string name = "x")
        {
            Painted?.Invoke(this, EventArgs.Empty);
            count = name.Length + (int)colour;
            return [];
        }
    }
}

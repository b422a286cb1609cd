namespace RaftSim.Raft;

/// <summary>Arithmetic of majorities. Pure. Source: dissertation §3.2, §3.5.</summary>
internal static class Quorum
{
    private const int InsertionSortMax = 16;

    /// <summary>How many of <paramref name="voters"/> decide: more than half.</summary>
    public static int Of(int voters) => (voters / 2) + 1;

    /// <summary>
    /// The highest value that a majority has reached or passed, given one value for each voter. At least one voter;
    /// the span is left sorted.
    /// </summary>
    /// <typeparam name="T">What is counted: log positions, moments.</typeparam>
    public static T Reached<T>(Span<T> values)
        where T : struct, IComparable<T>
    {
        Invariant.Require(!values.IsEmpty, "a majority of nobody decides nothing");
        if (values.Length <= InsertionSortMax)
        {
            SortFew(values);
        }
        else
        {
            values.Sort();
        }

        // Ascending: the values from this position on are a majority, and from the next one on they are none.
        return values[values.Length - Of(values.Length)];
    }

    private static void SortFew<T>(Span<T> values)
        where T : struct, IComparable<T>
    {
        for (int i = 1; i < values.Length; i++)
        {
            T value = values[i];
            int j = i;
            for (; j > 0 && values[j - 1].CompareTo(value) > 0; j--)
            {
                values[j] = values[j - 1];
            }

            values[j] = value;
        }
    }
}

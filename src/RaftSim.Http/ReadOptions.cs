using RaftSim.Http.Go;

namespace RaftSim.Http;

/// <summary>What the query of a read says, once it has been found valid.</summary>
/// <param name="Region">The region asked for; <see langword="null"/> for the server's own.</param>
/// <param name="Stale">Whether the receiving server may answer by itself.</param>
internal readonly record struct ReadOptions(string? Region, bool Stale)
{
    /// <summary>
    /// Reads the parameters that every read knows, in Nomad's order: the first wrong one decides the error. Waiting for an
    /// index is not supported by any endpoint here, but <c>wait</c> and <c>index</c> must be well-formed all the same.
    /// </summary>
    public static bool TryRead(GoQuery query, out ReadOptions options, out string error)
    {
        options = new(query.NonEmpty("region"), Stale: false);
        error = "";

        // A bare "stale" means yes.
        if (query.First("stale") is { } stale)
        {
            bool isStale = true;
            if (stale.Length > 0 && !Strconv.TryParseBool(stale, out isStale))
            {
                error = "Expect `true` or `false` for `stale` query string parameter";
                return false;
            }

            options = options with { Stale = isStale };
        }

        if (query.NonEmpty("per_page") is { } perPage && !Strconv.IsInt32(perPage))
        {
            error = "Expect a number for `per_page` query string parameter";
        }
        else if (query.NonEmpty("wait") is { } wait && !Duration.TryParse(wait, out _, out _))
        {
            error = "Invalid wait time";
        }
        else if (query.NonEmpty("index") is { } index && !Strconv.TryParseUint64(index, out _, out _))
        {
            error = "Invalid index";
        }

        return error.Length == 0;
    }

    /// <summary>Whether the query asks for indented JSON: <c>pretty</c> with any value but exactly <c>0</c>.</summary>
    public static bool IsPretty(GoQuery query) => query.First("pretty") is not (null or "0");
}

using RaftSim.Http.Go;

namespace RaftSim.Http;

/// <summary>What the query of a request says of how to answer.</summary>
internal static class ReadOptions
{
    /// <summary>
    /// Reads the parameters that every read knows, in Nomad's order: the first wrong one decides the error. Waiting for
    /// an index is not supported by any endpoint here, but <c>wait</c> and <c>index</c> must be well-formed all the
    /// same.
    /// </summary>
    public static bool TryRead(GoQuery query, out bool isStale, out string error)
    {
        isStale = false;
        error = "";

        // A bare "stale" means yes.
        if (query.First("stale") is { } stale)
        {
            isStale = true;
            if (stale.Length > 0 && !Strconv.TryParseBool(stale, out isStale))
            {
                error = "Expect `true` or `false` for `stale` query string parameter";
                return false;
            }
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

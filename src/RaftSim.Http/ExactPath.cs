using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RaftSim.Http;

/// <summary>
/// Lets a route match only as it is written: ASP.NET ignores the case of a path and a slash at its end, Nomad does not.
/// As a constraint and not in the handler, so that a path that is not ours stays free for the program around us.
/// </summary>
internal sealed class ExactPath(string path, bool isPrefix) : IRouteConstraint
{
    /// <inheritdoc/>
    public bool Match(
        HttpContext? httpContext,
        IRouter? route,
        string routeKey,
        RouteValueDictionary values,
        RouteDirection routeDirection)
    {
        string actual = httpContext?.Request.Path.Value ?? "";

        // Not from the start: a route group may put a prefix in front.
        return isPrefix
            ? actual.Contains(path, StringComparison.Ordinal)
            : actual.EndsWith(path, StringComparison.Ordinal);
    }
}

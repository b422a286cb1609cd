using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using RaftSim.Runtime;

namespace RaftSim.Http;

/// <summary>Puts Nomad's operator API into an ASP.NET program. Source: Nomad HTTP API, "Operator".</summary>
public static class OperatorEndpoints
{
    /// <summary>
    /// Adds the operator endpoints: below <c>/v1/operator/raft/</c>, and the autopilot ones below <c>/v1/operator/</c>
    /// and <c>/operator/</c>. Nothing else of the program changes: headers, compression and the answers to wrong
    /// methods follow Nomad on these paths alone, and an endpoint that the program maps on one of them itself goes
    /// first.
    /// </summary>
    /// <param name="endpoints">The program, or a group of it.</param>
    /// <param name="server">The server to ask; <see langword="null"/>: the <see cref="IOperator"/> of each request's
    /// services.</param>
    /// <returns>All endpoints together, to require authorization or a host name for them.</returns>
    /// <exception cref="InvalidOperationException">No server is given and none is registered.</exception>
    public static IEndpointConventionBuilder MapOperatorApi(
        this IEndpointRouteBuilder endpoints, IOperator? server = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (server is null
            && endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(IOperator)) == false)
        {
            throw new InvalidOperationException(
                $"No {nameof(IOperator)} is registered: add a server to the services, "
                + $"or give one to {nameof(MapOperatorApi)}.");
        }

        OperatorApi api = new(server);
        RouteGroupBuilder group = endpoints.MapGroup("");
        Map(group, "/v1/operator/raft/", "configuration", api.RaftConfigurationAsync);
        Map(group, "/v1/operator/raft/", "peer", api.RaftPeerAsync);
        Map(group, "/v1/operator/raft/", "transfer-leadership", api.TransferLeadershipAsync);
        Map(group, "/v1/operator/raft/", null, api.UnknownRaftPathAsync);
        foreach (string folder in new[] { "/v1/operator/autopilot/", "/operator/autopilot/" })
        {
            Map(group, folder, "configuration", api.AutopilotConfigurationAsync);
            Map(group, folder, "health", api.AutopilotHealthAsync);
            Map(group, folder, "explain", api.AutopilotExplanationAsync);
            Map(group, folder, "state", api.AutopilotStateAsync);
        }

        return group;
    }

    /// <summary>
    /// Makes a program that serves nothing else answer like Nomad everywhere: <c>/</c> leads to <c>/ui/</c> with its
    /// query, and every path that nobody mapped is a 404 without a body, compressed and marked like all other replies.
    /// </summary>
    /// <param name="endpoints">The program.</param>
    public static IEndpointConventionBuilder MapNomadConventions(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RequestDelegate unmapped = context => Unmapped(context.Request).WriteAsync(context);
        return endpoints.MapFallback("/{**path}", unmapped);
    }

    // Endpoints accept every method and judge it themselves: routing would answer a wrong one with its own 405 and
    // Allow.
    private static void Map(RouteGroupBuilder group, string folder, string? name, RequestDelegate handler)
    {
        ExactPath exact = new(folder + name, isPrefix: name is null);
        RoutePattern pattern = RoutePatternFactory.Parse(
            folder + (name is null ? "{**name}" : "{name}"),
            defaults: null,
            parameterPolicies: new RouteValueDictionary { ["name"] = exact });
        group.Map(pattern, handler).WithDisplayName(folder + (name ?? "*"));
    }

    private static Answer Unmapped(HttpRequest request) => request.Path.Value is "/"
        ? Answer.Redirect("/ui/" + (request.QueryString.Value is { Length: > 1 } query ? query : ""))
        : Answer.Empty(StatusCodes.Status404NotFound);
}

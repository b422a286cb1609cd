using Microsoft.AspNetCore.Http;
using RaftSim.Http.Go;
using RaftSim.Runtime;

namespace RaftSim.Http;

/// <summary>One request to the API, with the server that it is for.</summary>
internal sealed class ApiRequest(HttpContext context, IOperator server)
{
    /// <summary>The request as ASP.NET has it.</summary>
    public HttpContext Context => context;

    /// <summary>Whom to ask.</summary>
    public IOperator Server => server;

    /// <summary>The method exactly as sent: methods are case-sensitive.</summary>
    public string Method => context.Request.Method;

    /// <summary>The query, read as Go reads it.</summary>
    public GoQuery Query { get; } = GoQuery.Parse(context.Request.QueryString);

    /// <summary>Whether indented JSON was asked for.</summary>
    public bool IsPretty => ReadOptions.IsPretty(Query);
}

using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RaftSim.Autopilot;
using RaftSim.Http.Go;
using RaftSim.Http.Nomad;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Http;

/// <summary>
/// The operator API without its paths: checks what was asked in Nomad's order, asks the server, and answers.
/// </summary>
internal sealed class OperatorApi(IOperator? given)
{
    // Nomad says 404 where others say 405.
    private static readonly Answer WrongMethod = Answer.Error(StatusCodes.Status404NotFound, "Invalid method");

    /// <summary><c>GET /v1/operator/raft/configuration</c>.</summary>
    public Task RaftConfigurationAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "GET" => ReadAsync<RaftConfigurationReply>(
            request,
            stale => new GetRaftConfigurationRequest(stale),
            reply => Answer.Json(RaftConfigurationBody.Encode(reply, request.IsPretty))),

        // The one path whose wrong methods get no text.
        _ => Task.FromResult(Answer.Empty(StatusCodes.Status405MethodNotAllowed)),
    });

    /// <summary><c>DELETE /v1/operator/raft/peer</c>.</summary>
    public Task RaftPeerAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "DELETE" => RemovePeerAsync(request),
        _ => Task.FromResult(WrongMethod),
    });

    /// <summary><c>PUT</c> or <c>POST /v1/operator/raft/transfer-leadership</c>.</summary>
    public Task TransferLeadershipAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "PUT" or "POST" => TransferAsync(request),
        _ => Task.FromResult(Answer.Error(StatusCodes.Status405MethodNotAllowed, "Invalid method")),
    });

    /// <summary>Every other path below <c>/v1/operator/raft/</c>, with any method.</summary>
    public Task UnknownRaftPathAsync(HttpContext context) => ServeAsync(context, _ => Task.FromResult(WrongMethod));

    /// <summary><c>GET</c> and <c>PUT …/autopilot/configuration</c>.</summary>
    public Task AutopilotConfigurationAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "GET" => ReadAsync<AutopilotConfigReply>(
            request,
            stale => new GetAutopilotConfigRequest(stale),
            reply => Answer.Json(AutopilotConfigurationBody.Encode(reply, request.IsPretty))),
        "PUT" => SetAutopilotConfigurationAsync(request),
        _ => Task.FromResult(WrongMethod),
    });

    /// <summary>
    /// <c>GET …/autopilot/health</c>: 200 when healthy, else 429. Always the leader's word: <c>stale</c> is ignored.
    /// </summary>
    public Task AutopilotHealthAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "GET" => ReadAsync<AutopilotHealthReply>(
            request,
            _ => new GetAutopilotHealthRequest(),
            reply => Answer.Json(
                AutopilotHealthBody.Encode(reply.State, request.IsPretty),
                reply.State is { Healthy: true } ? StatusCodes.Status200OK : StatusCodes.Status429TooManyRequests)),
        _ => Task.FromResult(WrongMethod),
    });

    /// <summary>
    /// <c>GET …/autopilot/explain</c>, which Nomad does not have. Always the leader's word: <c>stale</c> is ignored.
    /// </summary>
    public Task AutopilotExplanationAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "GET" => ReadAsync<AutopilotExplanationReply>(
            request,
            _ => new GetAutopilotExplanationRequest(),
            reply => Answer.Json(AutopilotExplanationBody.Encode(reply.Explanation, request.IsPretty))),
        _ => Task.FromResult(WrongMethod),
    });

    /// <summary>
    /// <c>GET …/autopilot/state</c>, as Consul has it: always 200. Always the leader's word: <c>stale</c> is ignored.
    /// </summary>
    public Task AutopilotStateAsync(HttpContext context) => ServeAsync(context, request => request.Method switch
    {
        "GET" => ReadAsync<AutopilotHealthReply>(
            request,
            _ => new GetAutopilotHealthRequest(),
            reply => Answer.Json(AutopilotStateBody.Encode(reply.State, request.IsPretty))),
        _ => Task.FromResult(WrongMethod),
    });

    private async Task ServeAsync(HttpContext context, Func<ApiRequest, Task<Answer>> answer)
    {
        try
        {
            IOperator server = given ?? context.RequestServices.GetRequiredService<IOperator>();
            Answer result = await answer(new ApiRequest(context, server)).ConfigureAwait(false);
            await result.WriteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone away: there is nobody to answer.
        }
    }

    private static Task<Answer> ReadAsync<TReply>(
        ApiRequest request, Func<bool, ServerRequest> ask, Func<TReply, Answer> answer)
        where TReply : ServerReply => ReadOptions.TryRead(request.Query, out bool isStale, out string error)
            ? AskAsync(request, ask(isStale), answer)
            : BadRequest(error);

    private static Task<Answer> RemovePeerAsync(ApiRequest request)
    {
        string? id = request.Query.First("id");
        string? address = request.Query.First("address");
        if (id is null && address is null)
        {
            return BadRequest(
                "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove");
        }

        if (id is not null && address is not null)
        {
            return BadRequest("Must specify only one of ?id or ?address");
        }

        return AskAsync(request, new RemoveServerRequest(id, address), (DoneReply _) =>
            Answer.Empty(StatusCodes.Status200OK));
    }

    private static async Task<Answer> TransferAsync(ApiRequest request)
    {
        if (!TransferTarget.TryRead(request.Query, out TransferLeadershipRequest question, out string error))
        {
            return Answer.Error(StatusCodes.Status400BadRequest, error);
        }

        return await AskAsync(
            request,
            question,
            (TransferLeadershipReply reply) => Answer.Json(TransferLeadershipBody.Encode(reply, request.IsPretty)),

            // Nomad gives this one error a code, and coded errors keep their text through every server.
            failure => failure.Kind == ServerErrorKind.NotFound
                ? Answer.Error(StatusCodes.Status400BadRequest, failure.Text) : null).ConfigureAwait(false);
    }

    // The body is judged before cas, and both before anybody is asked.
    private static async Task<Answer> SetAutopilotConfigurationAsync(ApiRequest request)
    {
        Body body = await Body.ReadAsync(request.Context).ConfigureAwait(false);
        if (body.Failure is { } failure)
        {
            return failure;
        }

        if (!AutopilotConfigurationPayload.TryDecode(body.Bytes.Span, out AutopilotConfig config, out string error))
        {
            return body.DecodingFailed(error);
        }

        ulong? cas = null;
        if (request.Query.First("cas") is { } text)
        {
            if (!Strconv.TryParseUint64(text, out ulong index, out error))
            {
                return Answer.Error(StatusCodes.Status400BadRequest, "Error parsing cas value: " + error);
            }

            cas = index;
        }

        return await AskAsync(request, new SetAutopilotConfigRequest(config, cas), (SetAutopilotConfigReply reply) =>
            Answer.Json(NomadJson.Reply(request.IsPretty, json => json.Bool(reply.Applied)))).ConfigureAwait(false);
    }

    private static async Task<Answer> AskAsync<TReply>(
        ApiRequest request,
        ServerRequest question,
        Func<TReply, Answer> answer,
        Func<ErrorReply, Answer?>? answerOf = null)
        where TReply : ServerReply
    {
        // One region is all there is: another one has no servers that could be asked.
        string? region = request.Query.NonEmpty("region");
        if (region is not null && !string.Equals(region, request.Server.Region, StringComparison.Ordinal))
        {
            return Answer.Error(StatusCodes.Status500InternalServerError, "No path to region");
        }

        ServerReply reply = await request.Server
            .RequestAsync(question, request.Context.RequestAborted).ConfigureAwait(false);
        return reply switch
        {
            TReply result => answer(result),
            ErrorReply error => answerOf?.Invoke(error)
                ?? Answer.Error(StatusCodes.Status500InternalServerError, ErrorText.Of(error)),
            _ => throw new UnreachableException($"{question.GetType().Name} was answered by {reply.GetType().Name}."),
        };
    }

    private static Task<Answer> BadRequest(string message) =>
        Task.FromResult(Answer.Error(StatusCodes.Status400BadRequest, message));
}

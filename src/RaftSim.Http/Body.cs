using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RaftSim.Http.Go;

namespace RaftSim.Http;

/// <summary>What was read of the body of a request that carries an autopilot configuration.</summary>
/// <param name="Bytes">The body, or as much of it as is ever looked at.</param>
/// <param name="IsCut">Whether there was more.</param>
/// <param name="Failure">What to answer instead of looking at it; <see langword="null"/> if it could be read.</param>
internal readonly record struct Body(ReadOnlyMemory<byte> Bytes, bool IsCut, Answer? Failure)
{
    /// <summary>Most bytes of a body that are looked at. Nomad has no bound; a configuration takes about 300.</summary>
    public const int BytesMax = 1 << 20;

    /// <summary>Reads a body up to the bound.</summary>
    public static async Task<Body> ReadAsync(HttpContext context)
    {
        if (!CanHaveBody(context))
        {
            return Failed(StatusCodes.Status400BadRequest, "Request body is empty");
        }

        try
        {
            MemoryStream bytes = new();
            byte[] buffer = new byte[4096];
            int count = -1;
            while (count != 0 && bytes.Length <= BytesMax)
            {
                count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false);
                bytes.Write(buffer, 0, count);
            }

            return new(bytes.ToArray(), bytes.Length > BytesMax, null);
        }
        catch (BadHttpRequestException fault)
        {
            // Broken chunks, or more than the web server itself lets through.
            return Failed(fault.StatusCode, fault.Message);
        }
    }

    /// <summary>The answer to a body that could not be decoded.</summary>
    public Answer DecodingFailed(string reason) =>

        // If the value was still open where reading ended, then its size is what is wrong with it.
        IsCut && reason is GoJsonSyntax.CutOff or GoJsonSyntax.Nothing
            ? Error(StatusCodes.Status413PayloadTooLarge, $"Request body is larger than {BytesMax} bytes")
            : Error(StatusCodes.Status400BadRequest, reason);

    // No length and no chunks, or a length of 0: Go calls that "no body", unlike a chunked body that turns out empty.
    private static bool CanHaveBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody
        ?? context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0;

    private static Body Failed(int status, string reason) => new(default, false, Error(status, reason));

    private static Answer Error(int status, string reason) =>
        Answer.Error(status, "Error parsing autopilot config: " + reason);
}

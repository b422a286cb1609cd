using System.Text;
using Microsoft.AspNetCore.Http;

namespace RaftSim.Http;

/// <summary>A whole reply before it is written: what every endpoint comes to.</summary>
internal readonly record struct Answer(int Status, string? ContentType, ReadOnlyMemory<byte> Body)
{
    private const string JsonType = "application/json";
    private const string TextType = "text/plain; charset=utf-8";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Where a redirect leads to; <see langword="null"/> for all other replies.</summary>
    public string? Location { get; private init; }

    /// <summary>A reply object. Health replies carry one with status 429, too.</summary>
    public static Answer Json(byte[] body, int status = StatusCodes.Status200OK) => new(status, JsonType, body);

    /// <summary>An error: the bare message as the body, without quotes and without a newline.</summary>
    public static Answer Error(int status, string message) => new(status, TextType, Utf8.GetBytes(message));

    /// <summary>No body, and so no content type.</summary>
    public static Answer Empty(int status) => new(status, null, default);

    /// <summary>A redirect that keeps the method, without a body.</summary>
    public static Answer Redirect(string location) =>
        Empty(StatusCodes.Status307TemporaryRedirect) with { Location = location };

    /// <summary>Writes the reply. Headers that a surrounding program has set already stay.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        ContentCoding coding = ContentCodings.Choose(context.Request.Headers);
        ContentCodings.Announce(response.Headers, coding);
        ReadOnlyMemory<byte> sent = ContentCodings.Encode(Body, coding);
        response.ContentLength = sent.Length;

        // A HEAD reply has the length of the body that it does not carry.
        if (sent.Length > 0 && !HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(sent, context.RequestAborted).ConfigureAwait(false);
        }
    }
}

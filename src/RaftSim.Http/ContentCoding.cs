using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace RaftSim.Http;

/// <summary>How a body is compressed.</summary>
internal enum ContentCoding
{
    /// <summary>Not at all.</summary>
    Identity,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 1951, without the zlib wrapper, as Go programs send it.</summary>
    Deflate,
}

/// <summary>Chooses and applies a coding the way Nomad's compression handler does: any status, any size.</summary>
internal static class ContentCodings
{
    private const string VaryValue = "Accept-Encoding";

    // A compressed nothing. .NET writes no byte at all for it, Go a header, one empty stored block and a trailer of
    // zeros.
    private static readonly byte[] EmptyDeflate = [0x01, 0x00, 0x00, 0xff, 0xff];

    private static readonly byte[] EmptyGzip =
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, .. EmptyDeflate, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>
    /// The first token that is exactly <c>gzip</c> or <c>deflate</c>, whatever its place; a token with <c>;q=</c> is
    /// not. Nothing is compressed when the request asks to upgrade the connection.
    /// </summary>
    public static ContentCoding Choose(IHeaderDictionary request)
    {
        if (!StringValues.IsNullOrEmpty(request.Upgrade))
        {
            return ContentCoding.Identity;
        }

        // Nomad reads only the first of several header lines; they mean the same as one line with commas.
        foreach (string part in request.AcceptEncoding.ToString().Split(','))
        {
            switch (part.Trim())
            {
                case "gzip":
                    return ContentCoding.Gzip;
                case "deflate":
                    return ContentCoding.Deflate;
            }
        }

        return ContentCoding.Identity;
    }

    /// <summary>Sets <c>Vary</c> always and <c>Content-Encoding</c> where something is encoded.</summary>
    public static void Announce(IHeaderDictionary response, ContentCoding coding)
    {
        // A program around us may vary by more (CORS adds Origin): add, do not replace.
        if (!response.Vary.Any(line => line!.Contains(VaryValue, StringComparison.OrdinalIgnoreCase)))
        {
            response.Vary = StringValues.Concat(response.Vary, VaryValue);
        }

        if (coding != ContentCoding.Identity)
        {
            response.ContentEncoding = coding == ContentCoding.Gzip ? "gzip" : "deflate";
        }
    }

    /// <summary>Compresses a body; an empty one becomes a small stream that says so.</summary>
    public static ReadOnlyMemory<byte> Encode(ReadOnlyMemory<byte> body, ContentCoding coding)
    {
        if (coding == ContentCoding.Identity)
        {
            return body;
        }

        if (body.IsEmpty)
        {
            return coding == ContentCoding.Gzip ? EmptyGzip : EmptyDeflate;
        }

        using MemoryStream sink = new();
        using (Stream stream = coding == ContentCoding.Gzip
            ? new GZipStream(sink, CompressionLevel.Fastest, leaveOpen: true)
            : new DeflateStream(sink, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(body.Span);
        }

        return sink.ToArray();
    }
}

using System.Net;

namespace RaftSim.Cli.Commands;

/// <summary>Asks a server by HTTP. Whatever goes wrong is a <see cref="UsageException"/> that names the address.</summary>
internal sealed class OperatorClient : IDisposable
{
    /// <summary>Names the address when no option does, as for Nomad's own command.</summary>
    public const string Variable = "NOMAD_ADDR";

    /// <summary>The address when nothing names one.</summary>
    public const string DefaultAddress = "http://127.0.0.1:4646";

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(1) };

    private OperatorClient(string address) => Address = address;

    /// <summary>Who is asked: scheme, host and port, perhaps a folder, without a slash at the end.</summary>
    public string Address { get; }

    /// <summary>Takes the address from the option, else from the environment, else the default.</summary>
    public static OperatorClient Of(string? option, Terminal terminal)
    {
        if (option is not null)
        {
            return Of("--address", option);
        }

        string? variable = terminal.Environment.GetValueOrDefault(Variable);
        return string.IsNullOrEmpty(variable) ? new(DefaultAddress) : Of(Variable, variable);
    }

    private static OperatorClient Of(string source, string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && uri is { Scheme: "http" or "https", Query: "", Fragment: "" }
            ? new(address.TrimEnd('/'))
            : throw new UsageException($"{source} \"{address}\": must be a URL such as {DefaultAddress}");

    /// <summary>The body of a 200.</summary>
    public async Task<string> GetAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage reply = await _client.GetAsync(new Uri(Address + path), cancellation);
            string body = await reply.Content.ReadAsStringAsync(cancellation);
            return reply.StatusCode == HttpStatusCode.OK
                ? body
                : throw new UsageException(
                    $"{Address}{path} answers {(int)reply.StatusCode}: {(body.Length > 0 ? body : reply.ReasonPhrase)}");
        }
        catch (HttpRequestException e)
        {
            throw new UsageException($"{Address} cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new UsageException($"{Address} did not answer within {_client.Timeout.TotalSeconds} seconds", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}

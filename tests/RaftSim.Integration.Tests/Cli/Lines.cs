using System.Text;
using System.Threading.Channels;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>What a command prints, line by line, for whoever waits for it.</summary>
internal sealed class Lines : TextWriter
{
    private readonly Lock _writing = new();
    private readonly Channel<string> _arriving = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _all = new();
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Everything printed so far.</summary>
    public string Text
    {
        get
        {
            lock (_writing)
            {
                return _all.ToString();
            }
        }
    }

    public override void Write(char value)
    {
        lock (_writing)
        {
            _all.Append(value);
            if (value != '\n')
            {
                _line.Append(value);
                return;
            }

            _arriving.Writer.TryWrite(_line.ToString());
            _line.Clear();
        }
    }

    /// <summary>The next line that holds a text; earlier lines are passed over.</summary>
    public async Task<string> WaitForAsync(string text)
    {
        using CancellationTokenSource net = new(Quick.SafetyNet);
        try
        {
            while (true)
            {
                string line = await _arriving.Reader.ReadAsync(net.Token);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new InvalidOperationException($"no line with \"{text}\" came; there is:\n{Text}", e);
        }
    }

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _arriving.Writer.TryComplete();
}

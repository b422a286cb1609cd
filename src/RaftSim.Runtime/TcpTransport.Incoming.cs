using System.Collections.Concurrent;
using System.Net.Sockets;

namespace RaftSim.Runtime;

/// <summary>The connections that others make.</summary>
public sealed partial class TcpTransport
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<TcpTransportIncoming, Task> _incoming = new();
    private int _readerThreads;

    /// <summary>Asks for one of the few threads that read; given back by <see cref="ReturnReaderThread"/>.</summary>
    internal bool TryTakeReaderThread()
    {
        if (Interlocked.Increment(ref _readerThreads) <= Options.ReaderThreadsMax)
        {
            return true;
        }

        ReturnReaderThread();
        return false;
    }

    internal void ReturnReaderThread() => Interlocked.Decrement(ref _readerThreads);

    internal void Receive(in Server.Envelope envelope) => _received(envelope);

    private async Task AcceptAsync(Socket listener)
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                Serve(await listener.AcceptAsync(_closing.Token).ConfigureAwait(false));
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException fault)
            {
                if (_closing.IsCancellationRequested)
                {
                    return;
                }

                // Out of file descriptors, most likely: trying again at once would only burn the processor.
                Log.AcceptFailed(Logger, Address, fault.Message);
                await Task.Delay(AcceptPause, Time, _closing.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Serve(Socket socket)
    {
        TcpTransportIncoming connection = new(this, socket);
        if (_incoming.Count >= Options.IncomingMax)
        {
            Log.Refused(Logger, connection.Remote, "there are too many connections");
            TcpSockets.Close(socket);
            return;
        }

        Task serving = Task.Run(connection.ServeAsync);
        _incoming[connection] = serving;
        _ = ForgetAsync(connection, serving);
    }

    private async Task ForgetAsync(TcpTransportIncoming connection, Task serving)
    {
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _incoming.TryRemove(connection, out _);
    }

    private async Task CloseIncomingAsync()
    {
        Task[] serving = [.. _incoming.Values];
        foreach (TcpTransportIncoming connection in _incoming.Keys)
        {
            connection.Close();
        }

        await Task.WhenAll(serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

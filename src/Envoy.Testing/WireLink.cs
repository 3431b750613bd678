using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Envoy.Runtime.Memory;

namespace Envoy.Testing;

/// <summary>One end of a connection, by socket or in memory, with the rude ways to end it. Thread-safe but for one reader and one writer.</summary>
internal sealed class WireLink : IDisposable
{
    private readonly Socket? _socket;
    private readonly MemoryConnection? _memory;

    public WireLink(Socket socket)
    {
        _socket = socket;
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // The other side has reset the connection already; reading will tell.
        }

        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        Stream = Wire = new NetworkStream(socket, ownsSocket: true);
    }

    public WireLink(MemoryConnection memory)
    {
        _memory = memory;
        Stream = Wire = memory.Stream;
    }

    public Stream Stream { get; private set; }

    /// <summary>Our side's address; null in memory.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The other side's; null: it has none.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>The connection itself, whatever lies over it.</summary>
    public Stream Wire { get; }

    /// <summary>TLS over the connection, once it has been secured.</summary>
    public SslStream? Tls { get; private set; }

    /// <summary>Shakes hands as the server.</summary>
    public async Task SecureAsync(SslServerAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var tls = Tls = new SslStream(Stream, leaveInnerStreamOpen: false);
        Stream = tls;
        await tls.AuthenticateAsServerAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Shakes hands as the client.</summary>
    public async Task SecureAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var tls = Tls = new SslStream(Stream, leaveInnerStreamOpen: false);
        Stream = tls;
        await tls.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends our direction.</summary>
    public void ShutdownSend()
    {
        if (_memory is not null)
            _memory.ShutdownSend();
        else
            _socket!.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Ends both directions with a reset, which destroys what is under way.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A connection that is gone already needs no reset.")]
    public void Reset()
    {
        if (_memory is not null)
        {
            _memory.Reset();
            return;
        }

        try
        {
            // Closing with a linger time of zero sends RST instead of FIN.
            _socket!.LingerState = new LingerOption(true, 0);
        }
        catch (Exception)
        {
        }

        _socket!.Dispose();
    }

    public void Dispose() => Stream.Dispose();

    /// <summary>Whether <paramref name="e"/> is how streams tell that a connection is over.</summary>
    public static bool IsEnd(Exception e) => e is IOException or SocketException or ObjectDisposedException;

    /// <summary>Whether <paramref name="e"/> tells of a reset by the peer.</summary>
    public static bool IsReset(Exception e) =>
        (e as SocketException ?? e.InnerException as SocketException)?.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown;
}

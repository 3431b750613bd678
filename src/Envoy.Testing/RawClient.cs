using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Envoy.Runtime.Memory;

namespace Envoy.Testing;

/// <summary>
/// A client that sends bytes, right or wrong, and reads what comes back; for what <see cref="HttpClient"/> is too well-behaved to do. Waits
/// at most 30 s for anything. One reader and one writer at a time.
/// </summary>
public sealed class RawClient : IDisposable
{
    private readonly WireLink _link;
    private readonly WireReader _reader;

    /// <summary>What the TLS handshake has established; null without TLS.</summary>
    public SslStream? Tls => _link.Tls;

    /// <summary>Our side's address; null in memory.</summary>
    public EndPoint? LocalEndPoint => _link.LocalEndPoint;

    private RawClient(WireLink link)
    {
        _link = link;
        _reader = new WireReader(link.Stream);
    }

    /// <summary>Connects to <paramref name="endPoint"/>.</summary>
    /// <param name="endPoint">Where to.</param>
    /// <param name="receiveBufferSize">The system's receive buffer in bytes; 0 (default): the system's choice.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RawClient> ConnectAsync(EndPoint endPoint, int receiveBufferSize = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var protocol = endPoint.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            if (receiveBufferSize > 0)
                socket.ReceiveBufferSize = receiveBufferSize;
            using var patience = Patience.Begin(cancellationToken);
            await socket.ConnectAsync(endPoint, patience.Token).ConfigureAwait(false);
            return new RawClient(new WireLink(socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to <paramref name="endPoint"/> with TLS.</summary>
    /// <exception cref="AuthenticationException">The handshake has failed; so may an <see cref="IOException"/> say.</exception>
    public static async Task<RawClient> ConnectAsync(EndPoint endPoint, SslClientAuthenticationOptions tls, CancellationToken cancellationToken = default)
    {
        var plain = await ConnectAsync(endPoint, 0, cancellationToken).ConfigureAwait(false);
        try
        {
            using var patience = Patience.Begin(cancellationToken);
            await plain._link.SecureAsync(tls, patience.Token).ConfigureAwait(false);
            return new RawClient(plain._link);
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the listener called <paramref name="name"/>.</summary>
    public static async Task<RawClient> ConnectAsync(MemoryNetwork network, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new RawClient(new WireLink(await network.ConnectAsync(name, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>Sends text, each character as one byte (Latin-1).</summary>
    public Task SendAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SendAsync(Encoding.Latin1.GetBytes(text), cancellationToken);
    }

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        using var patience = Patience.Begin(cancellationToken);
        await _link.Stream.WriteAsync(bytes, patience.Token).ConfigureAwait(false);
    }

    /// <summary>Sends bytes below TLS: what its peer takes for a broken record.</summary>
    public async Task SendBelowTlsAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        using var patience = Patience.Begin(cancellationToken);
        await _link.Wire.WriteAsync(bytes, patience.Token).ConfigureAwait(false);
    }

    /// <summary>The next response, interim ones too.</summary>
    /// <param name="toHead">It answers a HEAD request, so that it has no body whatever its headers say.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EndOfStreamException">The connection ended before, or inside it.</exception>
    public async Task<RawResponse> ReadResponseAsync(bool toHead = false, CancellationToken cancellationToken = default)
    {
        using var patience = Patience.Begin(cancellationToken);
        var head = await _reader.ReadHeadAsync(patience.Token).ConfigureAwait(false) ?? throw new EndOfStreamException("The connection ended without a response.");
        var status = int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = WireHeaders.Parse(head.AsEnumerable().Skip(1));
        var trailers = WireHeaders.Empty;
        var body = new ArrayBufferWriter<byte>();
        if (!toHead && status is >= 200 and not 204 and not 304)
        {
            if (headers["transfer-encoding"] is not null)
                trailers = await _reader.CopyChunksAsync(body, patience.Token).ConfigureAwait(false);
            else if (headers["content-length"] is { } length)
                await _reader.CopyExactlyAsync(body, long.Parse(length, CultureInfo.InvariantCulture), patience.Token).ConfigureAwait(false);
            else
                await _reader.CopyToEndAsync(body, patience.Token).ConfigureAwait(false);
        }

        return new RawResponse(status, head[0], headers, body.WrittenSpan.ToArray(), trailers);
    }

    /// <summary>Sends a request and reads its response.</summary>
    public async Task<RawResponse> ExchangeAsync(string request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadResponseAsync(request.StartsWith("HEAD ", StringComparison.Ordinal), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Exactly <paramref name="count"/> bytes.</summary>
    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public async Task<byte[]> ReadExactlyAsync(int count, CancellationToken cancellationToken = default)
    {
        using var patience = Patience.Begin(cancellationToken);
        var bytes = new ArrayBufferWriter<byte>(Math.Max(1, count));
        await _reader.CopyExactlyAsync(bytes, count, patience.Token).ConfigureAwait(false);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>What still comes, and how it ends.</summary>
    public async Task<(byte[] Bytes, ConnectionEnd End)> ReadToEndAsync(CancellationToken cancellationToken = default)
    {
        using var patience = Patience.Begin(cancellationToken);
        var bytes = new ArrayBufferWriter<byte>();
        try
        {
            await _reader.CopyToEndAsync(bytes, patience.Token).ConfigureAwait(false);
            return (bytes.WrittenSpan.ToArray(), ConnectionEnd.ByPeer);
        }
        catch (Exception e) when (WireLink.IsEnd(e))
        {
            return (bytes.WrittenSpan.ToArray(), WireLink.IsReset(e) ? ConnectionEnd.Reset : ConnectionEnd.BySelf);
        }
    }

    /// <summary>Ends our direction (FIN) and goes on receiving.</summary>
    public void ShutdownSend() => _link.ShutdownSend();

    /// <summary>Closes with a reset (RST).</summary>
    public void Reset() => _link.Reset();

    /// <summary>Closes in order.</summary>
    public void Dispose() => _link.Dispose();
}

using System.Net;
using Envoy.Extensions;
using Envoy.Runtime;

namespace Envoy.Net;

/// <content>The addresses, and what listener filters found out before the connection had an owner.</content>
public sealed partial class Connection
{
    private const int NoPeeking = -1;

    private DownstreamDetails? _details;
    private ClientAddresses? _client;
    private int _peekLimit = NoPeeking;

    /// <summary>Our side's address, or null if it has none; where the client wanted to go, if a listener filter found that out.</summary>
    public EndPoint? LocalAddress => _details?.LocalAddress ?? _transport.LocalEndPoint;

    /// <summary>The peer's address, or null if it has none; the client's, if a proxy before us told it to a listener filter.</summary>
    public EndPoint? RemoteAddress => _details?.RemoteAddress ?? _transport.RemoteEndPoint;

    /// <summary>The address of our socket, or null if it has none.</summary>
    public EndPoint? DirectLocalAddress => _transport.LocalEndPoint;

    /// <summary>The address of whoever is connected, or null if it has none.</summary>
    public EndPoint? DirectRemoteAddress => _transport.RemoteEndPoint;

    /// <summary>Where the connection was going before the system redirected it to us; null: nowhere else, or the system does not tell.</summary>
    internal EndPoint? OriginalDestination => _transport.OriginalDestination;

    /// <summary>The server name that the client asked for, in lower case; null: none, or nobody has looked.</summary>
    public string? RequestedServerName => _details?.ServerName ?? (Tls is { ServerName.Length: > 0 } tls ? tls.ServerName : null);

    /// <summary>The protocols that the client offered, its favourite first, as a listener filter found them; empty: none, or nobody has looked.</summary>
    public ValueList<string> RequestedApplicationProtocols => _details?.ApplicationProtocols ?? [];

    /// <summary>The transport protocol as a listener filter detected it: <c>tls</c> or <c>raw_buffer</c>; null: nobody has looked.</summary>
    public string? DetectedTransportProtocol => _details?.TransportProtocol;

    /// <summary>An accepted connection as upstreams are told of it, the same from when it is first asked for.</summary>
    internal ClientAddresses Client
    {
        get
        {
            if (_client is not null)
                return _client;
            _client = new ClientAddresses(RemoteAddress, LocalAddress, _details?.ProxyProtocolTlvs ?? []) { UpstreamSource = UpstreamSource };
            if (IsClosed)
                _client.End();
            return _client;
        }
    }

    /// <summary>Where upstream connections for this one are to come from; null: nowhere in particular.</summary>
    internal SourceBinding? UpstreamSource => _details?.UpstreamSource;

    /// <summary>The filter chain's name; null: it has none.</summary>
    public string? FilterChainName { get; internal set; }

    /// <summary>What listener filters found out; null: nothing.</summary>
    internal DownstreamDetails? Details => _details;

    /// <summary>What listener filters find out goes here.</summary>
    internal DownstreamDetails FindDetails() => _details ??= new DownstreamDetails();

    /// <summary>
    /// Its bytes are looked at before anybody owns them: receiving stops at <paramref name="mostBytes"/>, whatever the buffer limit is.
    /// </summary>
    internal void Peek(int mostBytes)
    {
        _peekLimit = mostBytes;
        ResumeReading();
    }

    /// <summary>Hands it to the handler that is to have it, with what has been received in <see cref="Input"/>.</summary>
    internal void HandOver(IConnectionHandler handler, long bufferLimit)
    {
        _handler = handler;
        _limit = bufferLimit;
        _peekLimit = NoPeeking;
    }
}

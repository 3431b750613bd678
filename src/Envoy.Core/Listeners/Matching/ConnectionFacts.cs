using System.Net;
using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Listeners.Matching;

/// <summary>What a filter chain is chosen by. Immutable.</summary>
internal readonly struct ConnectionFacts
{
    // Unix sockets have no address: this one is in no network but the one of all (Envoy's way).
    private static readonly IPAddress Nowhere = IPAddress.Broadcast;

    public ConnectionFacts(
        EndPoint? local, EndPoint? remote, EndPoint? directRemote, string serverName, string transportProtocol, ValueList<string> applicationProtocols)
    {
        (Destination, DestinationPort) = Of(local);
        (Source, SourcePort) = Of(remote);
        (DirectSource, _) = Of(directRemote);
        IsLocal = remote is not IPEndPoint ip || ip.Address.Equals(IPAddress.Loopback) || ip.Address.Equals(IPAddress.IPv6Loopback)
            || (local is IPEndPoint own && own.Address.Equals(ip.Address));
        ServerName = serverName;
        TransportProtocol = transportProtocol;
        ApplicationProtocols = applicationProtocols;
    }

    public IPAddress Destination { get; }

    /// <summary>0 for a Unix socket.</summary>
    public int DestinationPort { get; }

    public IPAddress Source { get; }

    public int SourcePort { get; }

    public IPAddress DirectSource { get; }

    public bool IsLocal { get; }

    /// <summary>In lower case; empty: none.</summary>
    public string ServerName { get; }

    public string TransportProtocol { get; }

    public ValueList<string> ApplicationProtocols { get; }

    public static ConnectionFacts Of(Connection connection) => new(
        connection.LocalAddress,
        connection.RemoteAddress,
        connection.DirectRemoteAddress,
        connection.Details?.ServerName ?? "",
        connection.DetectedTransportProtocol ?? "raw_buffer",
        connection.RequestedApplicationProtocols);

    private static (IPAddress Address, int Port) Of(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint ip => (ip.Address, ip.Port),
        _ => (Nowhere, 0),
    };
}

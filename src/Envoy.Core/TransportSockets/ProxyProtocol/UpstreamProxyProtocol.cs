using System.Net;
using Envoy.Buffers;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.TransportSockets.ProxyProtocol;

/// <summary>One worker's part of a cluster's PROXY protocol. Worker-owned.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="inner">What comes after the header; null: the bytes as they are.</param>
/// <param name="tlvsExceedMaxLength">Headers of version 2 from which extensions were left out.</param>
internal sealed class UpstreamProxyProtocol(UpstreamProxyProtocolOptions options, IUpstreamTransportSocket? inner, CounterCell tlvsExceedMaxLength)
    : IUpstreamTransportSocket
{
    public bool IsSecure => inner is { IsSecure: true };

    public bool TellsClient => true;

    public Transport Wrap(Worker worker, Transport transport, UpstreamSocketOptions? connection)
    {
        var header = new ProxyProtocolTransport(worker, transport, this, connection ?? UpstreamSocketOptions.None);
        return inner is null ? header : inner.Wrap(worker, header, connection);
    }

    /// <summary>Appends the header of a connection, whose own addresses stand for it where no client asked for it and the version knows no word for that.</summary>
    public void WriteHeader(ByteQueue output, UpstreamSocketOptions connection, EndPoint? local, EndPoint? remote)
    {
        if (connection.Client is { } client)
        {
            if (!ProxyProtocolHeader.Write(output, options.Config, client.Source, client.Destination, client.Tlvs, connection.HostTlvs, options.AllowUnspecifiedAddress))
                tlvsExceedMaxLength.Inc();
        }
        else if (options.Config.Version == ProxyProtocolHeaderVersion.V1)
        {
            _ = ProxyProtocolHeader.Write(output, options.Config, local, remote, []);
        }
        else
        {
            ProxyProtocolHeader.WriteLocal(output);
        }
    }
}

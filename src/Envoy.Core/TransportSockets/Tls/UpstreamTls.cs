using System.Net.Security;
using System.Security.Authentication;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Net.Tls;
using Envoy.Runtime;

namespace Envoy.TransportSockets.Tls;

/// <summary>One worker's part of a cluster's TLS. Worker-owned.</summary>
internal sealed class UpstreamTls(UpstreamTlsSnapshot snapshot, Worker worker, TlsStats stats) : IUpstreamTransportSocket
{
    public bool IsSecure => true;

    public bool TellsClient => false;

    public UpstreamTlsSnapshot Snapshot => snapshot;

    public TlsStats Stats => stats;

    public MatchScratch Scratch { get; } = MatchScratch.Of(worker);

    public SslProtocols Protocols { get; } = TlsProtocols.Of(snapshot.Options.Common.Parameters, TlsVersion.Tls12);

    public CipherSuitesPolicy? CipherSuites { get; } = Tls.CipherSuites.Policy(snapshot.Options.Common.Parameters.CipherSuites);

    public Transport Wrap(Worker worker, Transport inner, UpstreamSocketOptions? options) =>
        TlsTransport.Connect(worker, inner, new ClientHandshaker(this, options ?? UpstreamSocketOptions.None));
}

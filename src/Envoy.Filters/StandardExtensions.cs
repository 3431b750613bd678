using Envoy.AccessLog;
using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.Filters.Http.Buffer;
using Envoy.Filters.Http.Cors;
using Envoy.Filters.Http.Fault;
using Envoy.Filters.Http.GrpcHttp1Bridge;
using Envoy.Filters.Http.GrpcHttp1ReverseBridge;
using Envoy.Filters.Http.GrpcJsonTranscoder;
using Envoy.Filters.Http.GrpcStats;
using Envoy.Filters.Http.GrpcWeb;
using Envoy.Filters.Http.HeaderMutation;
using Envoy.Filters.Http.HealthCheck;
using Envoy.Filters.Http.Rbac;
using Envoy.Filters.Http.Router;
using Envoy.Filters.Listener.HttpInspector;
using Envoy.Filters.Listener.LocalRateLimit;
using Envoy.Filters.Listener.OriginalDst;
using Envoy.Filters.Listener.OriginalSrc;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Filters.Listener.TlsInspector;
using Envoy.Filters.Network.ClientSslAuth;
using Envoy.Filters.Network.DirectResponse;
using Envoy.Filters.Network.Echo;
using Envoy.Filters.Network.Rbac;
using Envoy.Filters.Network.SniCluster;
using Envoy.Filters.Network.TcpProxy;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;

namespace Envoy.Filters;

/// <summary>The filters that come with the library. A user's own are added by <see cref="ExtensionCatalogue.With"/>. Thread-safe.</summary>
public static class StandardExtensions
{
    /// <summary>The catalogue of them all.</summary>
    public static ExtensionCatalogue Catalogue { get; } = new(
        [
            new EchoExtension(),
            new TcpProxyExtension(),
            new DirectResponseExtension(),
            new SniClusterExtension(),
            new NetworkRbacExtension(),
            new ClientSslAuthExtension(),
            new TlsInspectorExtension(),
            new HttpInspectorExtension(),
            new ProxyProtocolExtension(),
            new OriginalDstExtension(),
            new OriginalSrcExtension(),
            new LocalRateLimitExtension(),
            new HttpConnectionManagerExtension(),
            new RouterExtension(),
            new BufferExtension(),
            new HeaderMutationExtension(),
            new CorsExtension(),
            new FaultExtension(),
            new HealthCheckExtension(),
            new HttpRbacExtension(),
            new GrpcJsonTranscoderExtension(),
            new GrpcWebExtension(),
            new GrpcHttp1BridgeExtension(),
            new GrpcHttp1ReverseBridgeExtension(),
            new GrpcStatsExtension(),
            new FileAccessLogExtension(),
            StreamAccessLogExtension.Output,
            StreamAccessLogExtension.Error,
            new DownstreamTlsExtension(),
            new UpstreamTlsExtension(),
            new DownstreamRawBufferExtension(),
            new UpstreamRawBufferExtension(),
            new UpstreamProxyProtocolExtension(),
        ],
        KnownFilters.All);
}

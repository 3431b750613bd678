using System.Net;
using System.Net.Sockets;
using Envoy.AccessLog;
using Envoy.ConnectionManager.Streams;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Http.Http2;
using Envoy.Net;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Compiled options of an HTTP connection manager: the route table and the filters. Immutable.</summary>
internal sealed class HttpConnectionManagerSnapshot : INetworkFilterSnapshot
{
    private readonly AddressRanges? _internalAddresses;

    /// <exception cref="ArgumentException">The route table is not valid; configurations are validated before they come here.</exception>
    public HttpConnectionManagerSnapshot(HttpConnectionManagerOptions options, FilterCompileContext context)
    {
        Options = options;
        var errors = new List<RouteError>();
        Routes = RouteTable.Compile(options.RouteConfig, errors) ?? throw new ArgumentException(string.Join("; ", errors), nameof(options));
        Filters = options.HttpFilters.Select(f => f.Options.Compile(context)).ToArray();
        if (options.ScopedRoutes is { } scoped)
        {
            Scopes = ScopeKeys.Compile(scoped, static (path, message) => throw new ArgumentException($"{path}: {message}"));
            ScopedTables = [.. scoped.Scopes.Select(s => RouteTable.Compile(s.RouteConfig, errors) ?? throw new ArgumentException(string.Join("; ", errors), nameof(options)))];
        }

        MayUpgrade = options.UpgradeConfigs.Any(u => u.Enabled) || MayRoutesUpgrade(options.RouteConfig)
            || (options.ScopedRoutes?.Scopes.Any(s => MayRoutesUpgrade(s.RouteConfig)) ?? false);
        NodeCluster = System.Text.Encoding.UTF8.GetBytes(context.NodeCluster);
        NodeId = System.Text.Encoding.UTF8.GetBytes(context.NodeId);
        Scheme = System.Text.Encoding.ASCII.GetBytes(options.SchemeToOverwrite);
        _internalAddresses = options.InternalAddresses is null ? null : Ranges(options.InternalAddresses.CidrRanges);
        TrustedProxies = [.. options.OriginalIpDetection.Select(d => d is XffDetectionConfig { TrustedCidrs.Count: > 0 } xff ? Ranges(xff.TrustedCidrs) : null)];
        DetectionHeaders = [.. options.OriginalIpDetection.Select(d => new HeaderName(d is CustomHeaderDetectionConfig custom ? custom.HeaderName : ""))];
        AccessLogs = AccessLogSet.Compile(options.AccessLogs, context.LogFiles);
        if (options.LocalReply is { } reply)
            LocalReplies = LocalReplyRewriter.Compile(reply, static (path, message) => throw new ArgumentException($"{path}: {message}"));
        ServerName = System.Text.Encoding.UTF8.GetBytes(options.ServerName);
        Via = System.Text.Encoding.UTF8.GetBytes(options.Via);
        DefaultHost = System.Text.Encoding.UTF8.GetBytes(options.DefaultHostForHttp10);
        Http2 = options.Http2 with { StreamErrorOnInvalidHttpMessaging = options.Http2.StreamErrorOnInvalidHttpMessaging ?? options.StreamErrorOnInvalidHttpMessage };
        Codec = new Http1CodecOptions
        {
            MaxHeadersBytes = checked((int)options.MaxRequestHeadersKb * 1024),
            MaxHeadersCount = (int)Math.Min(options.MaxHeadersCount, int.MaxValue),
            EnableTrailers = options.EnableTrailers,
            AllowChunkedLength = options.AllowChunkedLength,
            PreserveCase = options.HeaderKeyFormat is HeaderKeyFormat.PreserveCase or HeaderKeyFormat.PreserveOrProperCase,
        };
    }

    public HttpConnectionManagerOptions Options { get; }

    /// <summary>The table, or an empty one where each request chooses among several.</summary>
    public RouteTable Routes { get; }

    /// <summary>How requests choose; null: there is the one table.</summary>
    public ScopeKeys? Scopes { get; }

    /// <summary>What they choose from.</summary>
    public RouteTable[] ScopedTables { get; } = [];

    public IHttpFilterSnapshot[] Filters { get; }

    /// <summary>Some route, or all of them, let clients change to another protocol.</summary>
    public bool MayUpgrade { get; }

    public byte[] NodeCluster { get; }

    public byte[] NodeId { get; }

    /// <summary>What every request's scheme is; empty: its own.</summary>
    public byte[] Scheme { get; }

    /// <summary>For each way to find the client's address: the networks of trusted proxies, or null.</summary>
    public AddressRanges?[] TrustedProxies { get; }

    /// <summary>For each way to find the client's address: the header that holds it, if that is the way.</summary>
    public HeaderName[] DetectionHeaders { get; }

    public AccessLogSet AccessLogs { get; }

    /// <summary>What becomes of the proxy's own answers; null: they stay as they are.</summary>
    public LocalReplyRewriter? LocalReplies { get; }

    public byte[] ServerName { get; }

    /// <summary>What <c>via</c> gains; empty: nothing.</summary>
    public byte[] Via { get; }

    /// <summary>The host of an HTTP/1.0 request that names none; empty: there is none.</summary>
    public byte[] DefaultHost { get; }

    public Http1CodecOptions Codec { get; }

    public Http2ProtocolOptions Http2 { get; }

    /// <summary>Whether an address is inside.</summary>
    public bool IsInternal(EndPoint? address) => _internalAddresses is not null
        && (address is IPEndPoint ip ? _internalAddresses.Contains(ip.Address) : address is UnixDomainSocketEndPoint && Options.InternalAddresses!.UnixSockets);

    private static bool MayRoutesUpgrade(RouteConfiguration table) => table.VirtualHosts.Any(
        h => h.Routes.Any(r => r.Action is ForwardActionConfig forward && forward.UpgradeConfigs.Any(u => u.Enabled)));

    private static AddressRanges Ranges(IReadOnlyList<CidrRangeConfig> configs) =>
        AddressRanges.Compile(configs, static (i, message) => throw new ArgumentException($"[{i}]: {message}"));

    /// <summary>Whether clients may change to this protocol where the route says nothing about it.</summary>
    public bool AllowsUpgrade(ReadOnlySpan<byte> type)
    {
        foreach (var upgrade in Options.UpgradeConfigs.AsSpan())
        {
            if (System.Text.Ascii.EqualsIgnoreCase(type, upgrade.UpgradeType))
                return upgrade.Enabled;
        }

        return false;
    }

    public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => new HttpConnectionManagerFactory(this, context);
}

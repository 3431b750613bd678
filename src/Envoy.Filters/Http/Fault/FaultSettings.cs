using System.Buffers.Text;
using System.Text;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Filters.Http.Fault;

/// <summary>A fault's options, compiled: whom they concern, and what is in store for them. Immutable.</summary>
internal sealed class FaultSettings
{
    private readonly HeaderMatcherSet? _headers;
    private readonly byte[][] _nodes;

    private FaultSettings(FaultOptions options, HeaderMatcherSet? headers)
    {
        Options = options;
        _headers = headers;
        _nodes = options.DownstreamNodes.Select(Encoding.UTF8.GetBytes).ToArray();
        DelayPercentKey = Key(options.DelayPercentRuntime, "delay.fixed_delay_percent");
        DelayDurationKey = Key(options.DelayDurationRuntime, "delay.fixed_duration_ms");
        AbortPercentKey = Key(options.AbortPercentRuntime, "abort.abort_percent");
        AbortHttpStatusKey = Key(options.AbortHttpStatusRuntime, "abort.http_status");
        AbortGrpcStatusKey = Key(options.AbortGrpcStatusRuntime, "abort.grpc_status");
        MaxActiveFaultsKey = Key(options.MaxActiveFaultsRuntime, "max_active_faults");
        RateLimitPercentKey = Key(options.ResponseRateLimitPercentRuntime, "rate_limit.response_percent");
    }

    public FaultOptions Options { get; }

    public string DelayPercentKey { get; }

    public string DelayDurationKey { get; }

    public string AbortPercentKey { get; }

    public string AbortHttpStatusKey { get; }

    public string AbortGrpcStatusKey { get; }

    public string MaxActiveFaultsKey { get; }

    public string RateLimitPercentKey { get; }

    /// <summary>Compiles; what is wrong goes to <paramref name="onError"/>, with its path.</summary>
    public static FaultSettings Compile(FaultOptions options, Action<string, string> onError)
    {
        if (options.Delay is { } delay && (delay.FixedDelay is not null) == delay.FromHeader)
            onError("delay", "needs exactly one of fixed_delay and header_delay");
        if (options.Delay is { FixedDelay: { } fixedDelay } && fixedDelay <= TimeSpan.Zero)
            onError("delay.fixed_delay", "must be above 0s");
        if (options.Abort is { } abort && (abort.HttpStatus is null ? 0 : 1) + (abort.GrpcStatus is null ? 0 : 1) + (abort.FromHeader ? 1 : 0) != 1)
            onError("abort", "needs exactly one of http_status, grpc_status and header_abort");
        if (options.Abort is { HttpStatus: < 200 or > 599 })
            onError("abort.http_status", "must be 200 to 599");
        if (options.Abort is { GrpcStatus: > int.MaxValue })
            onError("abort.grpc_status", "must be at most 2147483647");
        if (options.ResponseRateLimit is { } limit && (limit.LimitKbps is not null) == limit.FromHeader)
            onError("response_rate_limit", "needs exactly one of fixed_limit and header_limit");
        if (options.ResponseRateLimit is { LimitKbps: 0 })
            onError("response_rate_limit.fixed_limit", "must be at least 1");
        return new FaultSettings(options, HeaderMatcherSet.Compile(options.Headers, (i, error) => onError($"headers[{i}]", error)));
    }

    /// <summary>Whether a request may be meant: its route, where it comes from, its headers.</summary>
    public bool Concerns(HeaderMap request, HttpFilterCallbacks callbacks, MatchScratch scratch)
    {
        if (Options.UpstreamCluster.Length > 0)
        {
            var match = callbacks.Match;
            if (match.Route?.Action is not ForwardAction forward || ClusterName.Of(match, forward, request) != Options.UpstreamCluster)
                return false;
        }

        return IsFromNode(request) && (_headers is null || _headers.Matches(request, scratch));
    }

    /// <summary>Makes the worker's engines before the first request needs them.</summary>
    public void Warm(MatchScratch scratch) => _headers?.Warm(scratch);

    /// <summary>How long a request is delayed, unless the runtime says otherwise; null: not at all.</summary>
    public ulong? DelayMilliseconds(HeaderMap request) => Options.Delay switch
    {
        { FixedDelay: { } delay } => (ulong)(delay.Ticks / TimeSpan.TicksPerMillisecond),
        { FromHeader: true } => FaultHeaders.Number(request, FaultHeaders.Delay),
        _ => null,
    };

    /// <summary>The status a request is answered with, unless the runtime says otherwise; null: none.</summary>
    public int? AbortStatus(HeaderMap request) => Options.Abort switch
    {
        { HttpStatus: { } status } => (int)status,
        { FromHeader: true } when FaultHeaders.Number(request, FaultHeaders.Abort) is { } given and >= 200 and < 600 => (int)given,
        _ => null,
    };

    /// <summary>The gRPC status a request is answered with, unless the runtime says otherwise; null: none.</summary>
    public int? AbortGrpcStatus(HeaderMap request) => Options.Abort switch
    {
        { GrpcStatus: { } status } => (int)status,
        { FromHeader: true } when FaultHeaders.Number(request, FaultHeaders.AbortGrpc) is { } given and <= int.MaxValue => (int)given,
        _ => null,
    };

    /// <summary>How many KiB a second a response may have; null: no limit.</summary>
    public ulong? Kbps(HeaderMap request) => Options.ResponseRateLimit switch
    {
        { LimitKbps: { } kbps } => kbps,
        { FromHeader: true } when FaultHeaders.Number(request, FaultHeaders.Throughput) is { } given and > 0 => given,
        _ => null,
    };

    /// <summary>Draws whether a request belongs to a share, which the runtime decides and, where headers decide, the request may lower.</summary>
    public static bool Draw(
        FractionalPercentConfig share, bool fromHeader, ReadOnlySpan<byte> header, HeaderMap request, RuntimeSnapshot runtime, string key, ulong random)
    {
        var numerator = share.Numerator;
        if (fromHeader && FaultHeaders.Number(request, header) is { } given && given < numerator)
            numerator = (uint)given;
        return runtime.FeatureEnabled(key, numerator, share.Whole, random);
    }

    private bool IsFromNode(HeaderMap request)
    {
        if (_nodes.Length == 0)
            return true;
        if (!request.TryGet(FaultHeaders.DownstreamNode, out var node))
            return false;
        foreach (var wanted in _nodes)
        {
            if (node.SequenceEqual(wanted))
                return true;
        }

        return false;
    }

    private static string Key(string given, string standard) => given.Length > 0 ? given : "fault.http." + standard;
}

/// <summary>The request headers by which faults are asked for. They are anybody's, so what is no number counts as not there.</summary>
internal static class FaultHeaders
{
    public static ReadOnlySpan<byte> Delay => "x-envoy-fault-delay-request"u8;

    public static ReadOnlySpan<byte> DelayPercentage => "x-envoy-fault-delay-request-percentage"u8;

    public static ReadOnlySpan<byte> Abort => "x-envoy-fault-abort-request"u8;

    public static ReadOnlySpan<byte> AbortGrpc => "x-envoy-fault-abort-grpc-request"u8;

    public static ReadOnlySpan<byte> AbortPercentage => "x-envoy-fault-abort-request-percentage"u8;

    public static ReadOnlySpan<byte> Throughput => "x-envoy-fault-throughput-response"u8;

    public static ReadOnlySpan<byte> ThroughputPercentage => "x-envoy-fault-throughput-response-percentage"u8;

    public static ReadOnlySpan<byte> DownstreamNode => "x-envoy-downstream-service-node"u8;

    public static ReadOnlySpan<byte> DownstreamCluster => "x-envoy-downstream-service-cluster"u8;

    /// <summary>A header's whole number, the first if it is there more than once; null: it is none.</summary>
    public static ulong? Number(HeaderMap request, ReadOnlySpan<byte> name) =>
        request.TryGet(name, out var value) && Utf8Parser.TryParse(value, out ulong number, out var read) && read == value.Length ? number : null;
}

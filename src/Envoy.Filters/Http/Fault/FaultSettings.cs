using System.Buffers.Text;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>Compiled <see cref="FaultOptions"/>, of the filter or of a route. Immutable.</summary>
internal sealed class FaultSettings
{
    private readonly HeaderMatcherSet? _headers;
    private readonly byte[][] _nodes;

    private FaultSettings(FaultOptions options, HeaderMatcherSet? headers)
    {
        Options = options;
        _headers = headers;
        _nodes = [.. options.DownstreamNodes.Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    public FaultOptions Options { get; }

    /// <summary>Compiles; what is wrong goes to <paramref name="onError"/>, with its path.</summary>
    public static FaultSettings Compile(FaultOptions options, Action<string, string> onError)
    {
        if (options.Delay?.FixedDelay is { } delay && delay <= TimeSpan.Zero)
            onError("delay.fixed_delay", "must be above 0");
        if (options.Abort is { HttpStatus: < 200 or > 599 })
            onError("abort.http_status", "must be 200 to 599");
        if (options.Abort is { HttpStatus: not null, GrpcStatus: not null })
            onError("abort", "'http_status' and 'grpc_status' exclude each other");
        if (options.ResponseRateLimit is { LimitKbps: 0 })
            onError("response_rate_limit.fixed_limit.limit_kbps", "must be at least 1");
        return new FaultSettings(options, HeaderMatcherSet.Compile(options.Headers, (index, message) => onError($"headers[{index}]", message)));
    }

    public void Warm(MatchScratch scratch) => _headers?.Warm(scratch);

    /// <summary>Whether these settings are meant for a request; the route's cluster is the caller's to compare.</summary>
    public bool Matches(HeaderMap headers, MatchScratch scratch) => MatchesNode(headers) && _headers?.Matches(headers, scratch) != false;

    /// <summary>The delay in milliseconds; null: none is asked for.</summary>
    public static ulong? DelayOf(FaultDelayConfig config, HeaderMap headers) =>
        config.FixedDelay is { } configured ? (ulong)configured.TotalMilliseconds : Number(headers, "x-envoy-fault-delay-request"u8, 0, ulong.MaxValue);

    public static ulong? HttpStatusOf(FaultAbortConfig config, HeaderMap headers) =>
        config.HttpStatus ?? (config.GrpcStatus is not null ? null : Number(headers, "x-envoy-fault-abort-request"u8, 200, 599));

    public static ulong? GrpcStatusOf(FaultAbortConfig config, HeaderMap headers) =>
        config.GrpcStatus ?? (config.HttpStatus is not null ? null : Number(headers, "x-envoy-fault-abort-grpc-request"u8, 0, uint.MaxValue));

    /// <summary>KiB a second; null: no limit is asked for.</summary>
    public static ulong? RateOf(FaultRateLimitConfig config, HeaderMap headers) =>
        config.LimitKbps ?? Number(headers, "x-envoy-fault-throughput-response"u8, 1, ulong.MaxValue);

    /// <summary>The share's numerator: where headers decide, one of them may make it smaller.</summary>
    public static uint Numerator(FractionalPercentConfig share, bool byHeader, HeaderMap headers, ReadOnlySpan<byte> name) =>
        byHeader && Number(headers, name, 0, uint.MaxValue) is { } asked ? (uint)Math.Min(asked, share.Numerator) : share.Numerator;

    private static ulong? Number(HeaderMap headers, ReadOnlySpan<byte> name, ulong least, ulong most) =>
        headers.TryGet(name, out var text) && Utf8Parser.TryParse(text, out ulong number, out var read) && read == text.Length && number >= least && number <= most
            ? number
            : null;

    private bool MatchesNode(HeaderMap headers)
    {
        if (_nodes.Length == 0)
            return true;
        if (!headers.TryGet("x-envoy-downstream-service-node"u8, out var node))
            return false;
        foreach (var wanted in _nodes)
        {
            if (node.SequenceEqual(wanted))
                return true;
        }

        return false;
    }
}

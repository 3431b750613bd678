using System.Collections.Frozen;
using System.Text;
using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Grpc;
using Envoy.Http.Headers;

namespace Envoy.Filters.Http.GrpcStats;

/// <summary>Counts a call's outcome and its messages; changes nothing. Worker-owned.</summary>
internal sealed class GrpcStatsFilter(GrpcStatsFilter.Factory shared) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private readonly GrpcFrameReader _requestReader = new();
    private readonly GrpcFrameReader _responseReader = new();
    private readonly ConnectResponseReader _connectReader = new();
    private HttpFilterCallbacks _callbacks = null!;
    private GrpcMethodStats? _stats;
    private Protocol _protocol;
    private bool _hasGrpcBody;

    private enum Protocol
    {
        None,
        Grpc,
        ConnectUnary,
        ConnectStreaming,
    }

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        if (!headers.Contains(HeaderId.Path))
            return FilterStatus.Continue;
        var type = headers.Get(HeaderId.ContentType);
        _protocol = GrpcContentType.Is(type) ? Protocol.Grpc
            : IsConnectStreaming(type) ? Protocol.ConnectStreaming
            : headers.Contains("connect-protocol-version"u8) ? Protocol.ConnectUnary
            : Protocol.None;
        if (_protocol != Protocol.None && GrpcMethodName.TryRead(headers.Get(HeaderId.Path), out var service, out var method))
            _stats = shared.Find(_callbacks, service, method);
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (_stats is null)
            return FilterStatus.Continue;
        var messages = _protocol == Protocol.ConnectUnary ? (endStream ? 1 : 0) : _requestReader.Watch(data);
        if (messages > 0)
            _stats.CountRequestMessages(messages);
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (_stats is null)
            return FilterStatus.Continue;
        var status = StatusHeader.Read(headers);
        var type = headers.Get(HeaderId.ContentType);
        _hasGrpcBody = !endStream && status == 200 && GrpcContentType.Is(type);
        if (_protocol == Protocol.ConnectUnary)
            _stats.CountOutcome(status == 200);
        else if (!(status == 200 && IsConnectStreaming(type)) && headers.TryGet(HeaderId.GrpcStatus, out var grpcStatus))
            _stats.CountStatus(grpcStatus);
        if (endStream)
            RecordTime();
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseData(ByteQueue data, bool endStream)
    {
        if (_stats is null)
            return FilterStatus.Continue;
        var messages = _hasGrpcBody ? _responseReader.Watch(data)
            : _protocol == Protocol.ConnectStreaming ? _connectReader.Watch(data)
            : _protocol == Protocol.ConnectUnary && endStream ? 1
            : 0;
        if (messages > 0)
            _stats.CountResponseMessages(messages);
        if (!endStream || _protocol == Protocol.Grpc)
            return FilterStatus.Continue;
        if (_protocol == Protocol.ConnectStreaming)
            _stats.CountOutcome(_connectReader.Succeeded);
        RecordTime();
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseTrailers(HeaderMap trailers)
    {
        if (_stats is null || _protocol != Protocol.Grpc)
            return FilterStatus.Continue;
        if (trailers.TryGet(HeaderId.GrpcStatus, out var status))
            _stats.CountStatus(status);
        RecordTime();
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _stats = null;
        _protocol = Protocol.None;
        _hasGrpcBody = false;
        _requestReader.Clear();
        _responseReader.Clear();
        _connectReader.Clear();
    }

    private static bool IsConnectStreaming(ReadOnlySpan<byte> type) => type.StartsWith("application/connect+"u8);

    private void RecordTime()
    {
        var times = _callbacks.StreamInfo.Times;
        if (shared.Options.EnableUpstreamStats && times is { LastUpstreamTx: > 0, LastUpstreamRx: > 0 })
            _stats!.RecordUpstreamTime(Math.Max(0, times.LastUpstreamRx - times.LastUpstreamTx) / 1_000_000);
    }

    /// <summary>The compiled options. Immutable.</summary>
    internal sealed class Snapshot(GrpcStatsOptions options) : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(options, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory(GrpcStatsOptions options, FilterWorkerContext context) : IHttpFilterFactory
    {
        private readonly GrpcStatsRoom _room = new(context, "grpc");
        private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _allowed = options.IndividualMethodStatsAllowlist
            .SelectMany(s => s.MethodNames.Select(m => s.Name + "/" + m))
            .ToFrozenSet(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();

        public GrpcStatsOptions Options => options;

        public IHttpFilter Create() => new GrpcStatsFilter(this);

        /// <summary>What a call of this method counts; null: its route names no cluster.</summary>
        public GrpcMethodStats? Find(HttpFilterCallbacks callbacks, ReadOnlySpan<byte> service, ReadOnlySpan<byte> method)
        {
            if (_room.Of(callbacks) is not { } cluster)
                return null;
            if (options.StatsForAllMethods)
                return cluster.Of(service, method, options.ReplaceDotsInGrpcServiceName);
            return IsAllowed(service, method) ? cluster.Of(service, method, replaceDots: false) : cluster.Unnamed;
        }

        private bool IsAllowed(ReadOnlySpan<byte> service, ReadOnlySpan<byte> method)
        {
            var length = service.Length + 1 + method.Length;
            if (length > GrpcStatsRoom.MaxNameLength)
                return false;
            Span<char> name = stackalloc char[length];
            Encoding.Latin1.GetChars(service, name);
            name[service.Length] = '/';
            Encoding.Latin1.GetChars(method, name[(service.Length + 1)..]);
            return _allowed.Contains(name);
        }
    }
}

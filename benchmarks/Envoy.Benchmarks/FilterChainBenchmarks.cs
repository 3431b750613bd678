using BenchmarkDotNet.Attributes;
using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;

namespace Envoy.Benchmarks;

/// <summary>One stream through a chain of eight pooled filters: headers and four pieces of body each way.</summary>
[MemoryDiagnoser]
public class FilterChainBenchmarks
{
    private const int Filters = 8;
    private const int Pieces = 4;

    private Host _host = null!;
    private HttpFilterChain _chain = null!;
    private ByteQueue _data = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _host = new Host(Workers.NotStarted());
        _data = new ByteQueue(_host.Worker);
        var slots = new HttpFilterSlot[Filters];
        for (var i = 0; i < Filters; i++)
            slots[i] = new HttpFilterSlot("filter", Disabled: false, new Factory(last: i == Filters - 1));
        _chain = new HttpFilterChain(_host, slots);
    }

    [Benchmark]
    public int Stream()
    {
        _chain.Start();
        _chain.Request.Headers(endStream: false);
        for (var i = 1; i <= Pieces; i++)
        {
            _data.Append("some bytes"u8);
            _chain.Request.Data(_data, i == Pieces);
        }

        _chain.RespondHeaders(endStream: false);
        for (var i = 1; i <= Pieces; i++)
        {
            _data.Append("some bytes"u8);
            _chain.RespondData(_data, i == Pieces);
        }

        _chain.End();
        return _host.Sent;
    }

    private sealed class Factory(bool last) : IHttpFilterFactory
    {
        public IHttpFilter Create() => last ? new Last() : new Pass();
    }

    private sealed class Pass : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
    {
        public void Attach(HttpFilterCallbacks callbacks)
        {
        }

        public void Clear()
        {
        }

        public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream) => FilterStatus.Continue;

        public FilterStatus OnRequestData(ByteQueue data, bool endStream) => FilterStatus.Continue;

        public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream) => FilterStatus.Continue;

        public FilterStatus OnResponseData(ByteQueue data, bool endStream) => FilterStatus.Continue;
    }

    private sealed class Last : IHttpRequestFilter, IPooledHttpFilter
    {
        public void Attach(HttpFilterCallbacks callbacks)
        {
        }

        public void Clear()
        {
        }

        public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream) => FilterStatus.Hold;

        public FilterStatus OnRequestData(ByteQueue data, bool endStream)
        {
            data.Clear();
            return FilterStatus.Take;
        }
    }

    /// <summary>A stream without a connection.</summary>
    private sealed class Host(Worker worker) : IHttpStreamHost
    {
        public int Sent { get; private set; }

        public Worker Worker => worker;

        public Connection? Connection => null;

        public bool TellsClient => false;

        public StreamInfo StreamInfo { get; } = new();

        public HeaderMap RequestHeaders { get; } = new();

        public HeaderMap RequestTrailers { get; } = new();

        public HeaderMap ResponseHeaders { get; } = new();

        public HeaderMap ResponseTrailers { get; } = new();

        public long BufferLimit { get; set; }

        public RouteMatchResult Match { get; set; }

        public bool IsUpgrading => false;

        public bool IsConnecting => false;

        public ulong RandomValue => 0;

        public RouteMatcher Routes => throw new NotSupportedException();

        public FormatContext Formatting { get; } = new();

        public bool IsAboveWriteHighWatermark => false;

        public bool PassesInformational => false;

        public RedirectHistory Redirects { get; } = new();

        public void Recreate(ByteQueue body) => throw new NotSupportedException();

        public bool NormalizeTarget() => true;

        public void ClearRouteCache()
        {
        }

        public void SendInformational()
        {
        }

        public void SendHeaders(bool endStream) => Sent++;

        public void SendData(ByteQueue data, bool endStream)
        {
            data.Clear();
            Sent++;
        }

        public void SendTrailers() => Sent++;

        public void OnRequestTooLarge() => throw new NotSupportedException();

        public void OnResponseTooLarge() => throw new NotSupportedException();

        public void SendLocalReply(in LocalReply reply)
        {
        }

        public void Reset() => throw new InvalidOperationException("The stream was reset.");

        public void ReadDisable(bool disable)
        {
        }
    }
}

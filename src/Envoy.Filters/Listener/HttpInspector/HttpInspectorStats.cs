using Envoy.Stats;

namespace Envoy.Filters.Listener.HttpInspector;

/// <summary>Statistics of HTTP inspectors, <c>http_inspector.</c>, which all of a proxy share. Worker-owned.</summary>
internal sealed class HttpInspectorStats
{
    public readonly CounterCell ReadError;
    public readonly CounterCell Http10Found;
    public readonly CounterCell Http11Found;
    public readonly CounterCell Http2Found;
    public readonly CounterCell HttpNotFound;

    public HttpInspectorStats(StatsScope root, int shard)
    {
        var scope = root.Scope("http_inspector");
        ReadError = scope.Counter("read_error", shard);
        Http10Found = scope.Counter("http10_found", shard);
        Http11Found = scope.Counter("http11_found", shard);
        Http2Found = scope.Counter("http2_found", shard);
        HttpNotFound = scope.Counter("http_not_found", shard);
    }
}

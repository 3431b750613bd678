using Envoy.Stats;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>Statistics of one PROXY protocol filter, Envoy's names. Worker-owned.</summary>
internal sealed class ProxyProtocolStats
{
    /// <summary>Envoy's old name for every kind of error; at the root.</summary>
    public readonly CounterCell DownstreamCxProxyProtoError;
    public readonly CounterCell NotFoundAllowed;
    public readonly CounterCell NotFoundDisallowed;
    private readonly CounterCell[] _found;
    private readonly CounterCell[] _disallowed;
    private readonly CounterCell[] _error;

    public ProxyProtocolStats(StatsScope root, string prefix, int shard)
    {
        DownstreamCxProxyProtoError = root.Counter("downstream_cx_proxy_proto_error", shard);
        var scope = root.Scope("proxy_proto");
        if (prefix.Length > 0)
            scope = scope.Scope(prefix);
        NotFoundAllowed = scope.Counter("not_found_allowed", shard);
        NotFoundDisallowed = scope.Counter("not_found_disallowed", shard);
        string[] versions = ["versions.v1", "versions.v2"];
        _found = [.. versions.Select(v => scope.Counter(v + ".found", shard))];
        _disallowed = [.. versions.Select(v => scope.Counter(v + ".disallowed", shard))];
        _error = [.. versions.Select(v => scope.Counter(v + ".error", shard))];
    }

    public CounterCell Found(ProxyProtocolVersion version) => _found[(int)version];

    public CounterCell Disallowed(ProxyProtocolVersion version) => _disallowed[(int)version];

    public CounterCell Error(ProxyProtocolVersion version) => _error[(int)version];
}

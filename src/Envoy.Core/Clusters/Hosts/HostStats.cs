using Envoy.Runtime;

namespace Envoy.Clusters.Hosts;

/// <summary>
/// What is counted per host: Envoy's names, as <c>/clusters</c> shows them. Every worker counts in a part of its own, without atomics, since
/// with every request all workers would write the same line of memory; reading adds the parts up. Not part of the store. Thread-safe.
/// </summary>
internal sealed class HostStats
{
    private readonly Lock _lock = new();
    private HostStatsPart?[] _parts = [];

    public long CxActive => Sum(static p => p.CxActive);

    public long CxConnectFail => Sum(static p => p.CxConnectFail);

    public long CxTotal => Sum(static p => p.CxTotal);

    public long RqActive => Sum(static p => p.RqActive);

    public long RqError => Sum(static p => p.RqError);

    public long RqSuccess => Sum(static p => p.RqSuccess);

    public long RqTimeout => Sum(static p => p.RqTimeout);

    public long RqTotal => Sum(static p => p.RqTotal);

    /// <summary>The part that <paramref name="worker"/> writes.</summary>
    public HostStatsPart Of(Worker worker)
    {
        var parts = Volatile.Read(ref _parts);
        return worker.Index < parts.Length && parts[worker.Index] is { } part ? part : Add(worker.Index);
    }

    /// <summary>Names and present values in the order of the names.</summary>
    public (string Name, long Value)[] Read() =>
    [
        ("cx_active", CxActive),
        ("cx_connect_fail", CxConnectFail),
        ("cx_total", CxTotal),
        ("rq_active", RqActive),
        ("rq_error", RqError),
        ("rq_success", RqSuccess),
        ("rq_timeout", RqTimeout),
        ("rq_total", RqTotal),
    ];

    private HostStatsPart Add(int index)
    {
        lock (_lock)
        {
            if (index >= _parts.Length)
            {
                var grown = new HostStatsPart?[index + 1];
                _parts.CopyTo(grown, 0);
                Volatile.Write(ref _parts, grown);
            }

            return _parts[index] ??= new HostStatsPart();
        }
    }

    private long Sum(Func<HostStatsPart, long> value)
    {
        long sum = 0;
        foreach (var part in Volatile.Read(ref _parts))
            sum += part is null ? 0 : value(part);
        return sum;
    }
}

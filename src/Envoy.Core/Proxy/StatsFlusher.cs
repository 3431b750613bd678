using Envoy.Proxy.Admin;
using Envoy.Runtime;
using Envoy.Runtime.Resolver;
using Envoy.Runtime.Timers;
using Envoy.Stats;

namespace Envoy.Proxy;

/// <summary>Keeps the server's own statistics and ends the histograms' intervals every five seconds (Envoy's flush interval). Main-owned.</summary>
internal sealed class StatsFlusher : ITimerHandler
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Worker _main;
    private readonly StatsStore _store;
    private readonly TimerNode _timer;
    private readonly ServerStats _stats;
    private readonly ResolverThread? _resolver;
    private readonly GaugeCell _resolverPending;
    private readonly GaugeCell _resolverOverflow;
    private volatile ServerState _state = ServerState.PreInitializing;

    /// <param name="main">The loop that owns it.</param>
    /// <param name="store">The proxy's statistics.</param>
    /// <param name="concurrency">How many workers there are.</param>
    /// <param name="resolver">The proxy's own resolver, whose queue is counted under <c>dns_resolver.</c>; null where the host brings one.</param>
    public StatsFlusher(Worker main, StatsStore store, int concurrency, ResolverThread? resolver)
    {
        _resolver = resolver;
        var dns = store.Root.Scope("dns_resolver");
        _resolverPending = dns.Gauge("pending", store.MainShard);
        _resolverOverflow = dns.Gauge("overflow", store.MainShard);
        _main = main;
        _store = store;
        _timer = new TimerNode(this);
        _stats = new ServerStats(store.Root.Scope("server"), store.MainShard);
        _stats.Concurrency.Set(concurrency);
    }

    public ServerState State => _state;

    public TimeSpan Uptime => TimeSpan.FromMilliseconds(_main.Now);

    public void Start()
    {
        Flush();
        _main.Arm(_timer, Interval);
    }

    public void Stop() => _main.Disarm(_timer);

    /// <summary>May be called by any thread; takes effect on main.</summary>
    public void SetState(ServerState state)
    {
        _state = state;
        _main.TryPost(static flusher => ((StatsFlusher)flusher!).Flush(), this);
    }

    public void Flush()
    {
        _stats.State.Set((long)_state);
        _stats.Live.Set(_state == ServerState.Live ? 1 : 0);
        _stats.Refresh(Uptime);
        if (_resolver is not null)
        {
            _resolverPending.Set(_resolver.Pending);
            _resolverOverflow.Set(_resolver.Overflow);
        }

        _store.MergeHistograms();
    }

    public void OnTimer(TimerNode timer)
    {
        Flush();
        _main.Arm(_timer, Interval);
    }
}

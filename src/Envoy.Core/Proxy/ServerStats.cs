using Envoy.Stats;

namespace Envoy.Proxy;

/// <summary>
/// The proxy's own statistics, Envoy's names under <c>server.</c> What Envoy has and a library in somebody's process cannot know (hot restart,
/// a parent process) stays 0. Main-owned: built with the main thread's shard. Worker-owned.
/// </summary>
internal sealed class ServerStats
{
    public readonly CounterCell DebugAssertionFailures;
    public readonly CounterCell EnvoyBugFailures;
    public readonly CounterCell EnvoyNotifications;
    public readonly CounterCell DynamicUnknownFields;
    public readonly CounterCell StaticUnknownFields;
    public readonly CounterCell WipProtos;
    public readonly CounterCell DroppedStatFlushes;
    public readonly GaugeCell Concurrency;
    public readonly GaugeCell DaysUntilFirstCertExpiring;
    public readonly GaugeCell SecondsUntilFirstOcspResponseExpiring;
    public readonly GaugeCell HotRestartEpoch;
    public readonly GaugeCell HotRestartGeneration;
    public readonly GaugeCell Live;
    public readonly GaugeCell MemoryAllocated;
    public readonly GaugeCell MemoryHeapSize;
    public readonly GaugeCell MemoryPhysicalSize;
    public readonly GaugeCell ParentConnections;
    public readonly GaugeCell State;
    public readonly GaugeCell StatsRecentLookups;
    public readonly GaugeCell TotalConnections;
    public readonly GaugeCell Uptime;
    public readonly GaugeCell Version;
    public readonly HistogramCell InitializationTimeMs;
    public readonly GaugeCell CompilationSettingsFipsMode;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>server</c>.</param>
    /// <param name="shard">Main's shard.</param>
    public ServerStats(StatsScope scope, int shard)
    {
        DebugAssertionFailures = scope.Counter("debug_assertion_failures", shard);
        EnvoyBugFailures = scope.Counter("envoy_bug_failures", shard);
        EnvoyNotifications = scope.Counter("envoy_notifications", shard);
        DynamicUnknownFields = scope.Counter("dynamic_unknown_fields", shard);
        StaticUnknownFields = scope.Counter("static_unknown_fields", shard);
        WipProtos = scope.Counter("wip_protos", shard);
        DroppedStatFlushes = scope.Counter("dropped_stat_flushes", shard);
        Concurrency = scope.Gauge("concurrency", shard);
        DaysUntilFirstCertExpiring = scope.Gauge("days_until_first_cert_expiring", shard);
        SecondsUntilFirstOcspResponseExpiring = scope.Gauge("seconds_until_first_ocsp_response_expiring", shard);
        HotRestartEpoch = scope.Gauge("hot_restart_epoch", shard);
        HotRestartGeneration = scope.Gauge("hot_restart_generation", shard);
        Live = scope.Gauge("live", shard);
        MemoryAllocated = scope.Gauge("memory_allocated", shard);
        MemoryHeapSize = scope.Gauge("memory_heap_size", shard);
        MemoryPhysicalSize = scope.Gauge("memory_physical_size", shard);
        ParentConnections = scope.Gauge("parent_connections", shard);
        State = scope.Gauge("state", shard);
        StatsRecentLookups = scope.Gauge("stats_recent_lookups", shard);
        TotalConnections = scope.Gauge("total_connections", shard);
        Uptime = scope.Gauge("uptime", shard);
        Version = scope.Gauge("version", shard);
        InitializationTimeMs = scope.Histogram("initialization_time_ms", shard);
        CompilationSettingsFipsMode = scope.Gauge("compilation_settings.fips_mode", shard);
    }
    /// <summary>Sets what is read from the system at each flush: memory, in bytes, and the uptime in whole seconds.</summary>
    /// <param name="uptime">Since the proxy was started.</param>
    public void Refresh(TimeSpan uptime)
    {
        Uptime.Set((long)uptime.TotalSeconds);
        MemoryAllocated.Set(GC.GetTotalMemory(forceFullCollection: false));
        MemoryHeapSize.Set(GC.GetGCMemoryInfo().TotalCommittedBytes);
        MemoryPhysicalSize.Set(Environment.WorkingSet);
    }
}

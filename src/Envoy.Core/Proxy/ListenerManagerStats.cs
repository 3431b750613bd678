using Envoy.Stats;

namespace Envoy.Proxy;

/// <summary>
/// Listeners coming and going, Envoy's names under <c>listener_manager.</c> Main-owned: built with the main thread's shard. Worker-owned.
/// </summary>
internal sealed class ListenerManagerStats
{
    public readonly CounterCell ListenerAdded;
    public readonly CounterCell ListenerCreateFailure;
    public readonly CounterCell ListenerCreateSuccess;
    public readonly CounterCell ListenerInPlaceUpdated;
    public readonly CounterCell ListenerModified;
    public readonly CounterCell ListenerRemoved;
    public readonly CounterCell ListenerStopped;
    public readonly GaugeCell TotalFilterChainsDraining;
    public readonly GaugeCell TotalListenersActive;
    public readonly GaugeCell TotalListenersDraining;
    public readonly GaugeCell TotalListenersWarming;
    public readonly GaugeCell WorkersStarted;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>listener_manager</c>.</param>
    /// <param name="shard">Main's shard.</param>
    public ListenerManagerStats(StatsScope scope, int shard)
    {
        ListenerAdded = scope.Counter("listener_added", shard);
        ListenerCreateFailure = scope.Counter("listener_create_failure", shard);
        ListenerCreateSuccess = scope.Counter("listener_create_success", shard);
        ListenerInPlaceUpdated = scope.Counter("listener_in_place_updated", shard);
        ListenerModified = scope.Counter("listener_modified", shard);
        ListenerRemoved = scope.Counter("listener_removed", shard);
        ListenerStopped = scope.Counter("listener_stopped", shard);
        TotalFilterChainsDraining = scope.Gauge("total_filter_chains_draining", shard);
        TotalListenersActive = scope.Gauge("total_listeners_active", shard);
        TotalListenersDraining = scope.Gauge("total_listeners_draining", shard);
        TotalListenersWarming = scope.Gauge("total_listeners_warming", shard);
        WorkersStarted = scope.Gauge("workers_started", shard);
    }
}

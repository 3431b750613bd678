using Envoy.Stats;

namespace Envoy.Net;

/// <summary>Where a connection counts its bytes; one instance for all connections of a kind on a worker. Worker-owned.</summary>
internal sealed class ConnectionStats
{
    public required CounterCell ReceivedTotal { get; init; }

    public required CounterCell SentTotal { get; init; }

    public required GaugeCell ReceivedBuffered { get; init; }

    public required GaugeCell SentBuffered { get; init; }

    /// <summary>Connections that a delayed close ended by its timer; null where that cannot happen.</summary>
    public CounterCell? DelayedCloseTimeout { get; init; }
}

namespace Envoy.Clusters.Pools;

/// <summary>A connection of a pool, as its lifetime sees it. Worker-owned.</summary>
internal interface IPooledConnection
{
    /// <summary>It is made, and has no request.</summary>
    bool IsIdle { get; }

    /// <summary>It has been idle for too long, and is to end.</summary>
    void OnIdleTimeout();

    /// <summary>It takes no request any more; what is under way goes on.</summary>
    void OnDurationReached();
}

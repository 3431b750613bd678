namespace Envoy.Clusters.Pools;

/// <summary>One worker's connections to one host that carry HTTP. Worker-owned.</summary>
internal interface IHttpPool
{
    /// <summary>Gives <paramref name="request"/> a stream, now or later, or says why not.</summary>
    void Request(StreamRequest request);

    /// <summary>A request that waits is not wanted any more.</summary>
    void Cancel(StreamRequest request);

    /// <summary>It has neither connections nor requests that wait.</summary>
    bool IsEmpty { get; }

    /// <summary>Told each time it has become so; null: nobody cares.</summary>
    Action? Emptied { get; set; }

    /// <summary>The host is gone: idle connections end now, busy ones when they are done.</summary>
    void Drain();
}

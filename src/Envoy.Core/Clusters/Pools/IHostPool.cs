namespace Envoy.Clusters.Pools;

/// <summary>A pool whose connections serve one request after another, so that some can be made before they are asked for. Worker-owned.</summary>
internal interface IHostPool : IHttpPool
{
    /// <summary>Requests under way, and those that wait.</summary>
    long Demand { get; }

    /// <summary>For how many requests at the same time there are connections, or will be: those under way included.</summary>
    long Provision { get; }

    /// <summary>
    /// Begins another connection if those there are would be too few for <paramref name="ratio"/> times the demand, with one request more than there is.
    /// </summary>
    bool TryPreconnect(double ratio);
}

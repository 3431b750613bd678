namespace Envoy.FilterChains.Network;

/// <summary>A filter's compiled options, shared by all workers. Immutable.</summary>
public interface INetworkFilterSnapshot
{
    /// <summary>Makes one worker's factory; called on that worker.</summary>
    INetworkFilterFactory CreateFactory(FilterWorkerContext context);
}

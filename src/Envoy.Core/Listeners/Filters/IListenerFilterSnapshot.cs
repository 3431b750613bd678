using Envoy.FilterChains;

namespace Envoy.Listeners.Filters;

/// <summary>A listener filter's compiled options, shared by all workers. Immutable.</summary>
public interface IListenerFilterSnapshot
{
    /// <summary>Makes one worker's factory; called on that worker.</summary>
    IListenerFilterFactory CreateFactory(FilterWorkerContext context);
}

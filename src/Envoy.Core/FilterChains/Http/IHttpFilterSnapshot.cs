namespace Envoy.FilterChains.Http;

/// <summary>A filter's compiled options, shared by all workers. Immutable.</summary>
public interface IHttpFilterSnapshot
{
    /// <summary>Makes one worker's factory; called on that worker.</summary>
    IHttpFilterFactory CreateFactory(FilterWorkerContext context);
}

/// <summary>Makes a filter for each new stream of one worker. Worker-owned.</summary>
public interface IHttpFilterFactory
{
    /// <summary>A filter for one stream.</summary>
    IHttpFilter Create();
}

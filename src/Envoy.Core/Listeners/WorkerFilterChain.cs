using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Net;

namespace Envoy.Listeners;

/// <summary>One worker's part of a filter chain: what makes the filters of its connections. Worker-owned.</summary>
internal sealed class WorkerFilterChain
{
    public WorkerFilterChain(FilterChainSnapshot snapshot, FilterWorkerContext context)
    {
        Config = snapshot.Config;
        Filters = new INetworkFilterFactory[snapshot.Filters.Count];
        for (var i = 0; i < Filters.Length; i++)
            Filters[i] = snapshot.Filters[i].CreateFactory(context);
        Socket = snapshot.Socket?.CreateFor(context.Worker, context.Stats);
    }

    public FilterChainConfig Config { get; }

    public INetworkFilterFactory[] Filters { get; }

    /// <summary>Null: none.</summary>
    public IDownstreamTransportSocket? Socket { get; }
}

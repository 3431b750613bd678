using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.SniCluster;

/// <summary>Makes the server name the cluster, where the client named one. Worker-owned.</summary>
internal sealed class SniClusterFilter : INetworkReadFilter
{
    private NetworkFilterCallbacks _callbacks = null!;

    public void Attach(NetworkFilterCallbacks callbacks) => _callbacks = callbacks;

    public NetworkFilterStatus OnNewConnection()
    {
        if (_callbacks.Connection.RequestedServerName is { Length: > 0 } name)
            _callbacks.ChosenCluster = name;
        return NetworkFilterStatus.Continue;
    }

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream) => NetworkFilterStatus.Continue;

    /// <summary>Makes one for each connection. Thread-safe.</summary>
    internal sealed class Factory : INetworkFilterSnapshot, INetworkFilterFactory
    {
        public static Factory Instance { get; } = new();

        public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public INetworkFilter Create() => new SniClusterFilter();
    }
}

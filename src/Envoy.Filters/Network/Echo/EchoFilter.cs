using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.Echo;

/// <summary>Sends back what it receives. Worker-owned.</summary>
internal sealed class EchoFilter : INetworkReadFilter
{
    private NetworkFilterCallbacks _callbacks = null!;

    public void Attach(NetworkFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        callbacks.Connection.EnableHalfClose(true);
    }

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
    {
        _callbacks.Write(data, endOfStream);
        return NetworkFilterStatus.Stop;
    }

    // A client that sends and does not read is not read from either.
    public void OnAboveWriteHighWatermark() => _callbacks.Connection.ReadDisable(true);

    public void OnBelowWriteLowWatermark() => _callbacks.Connection.ReadDisable(false);

    /// <summary>Makes them; there is nothing to share.</summary>
    internal sealed class Factory : INetworkFilterSnapshot, INetworkFilterFactory
    {
        public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public INetworkFilter Create() => new EchoFilter();
    }
}

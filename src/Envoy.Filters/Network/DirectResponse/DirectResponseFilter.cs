using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Net;

namespace Envoy.Filters.Network.DirectResponse;

/// <summary>Writes its bytes to every new connection and closes it. Worker-owned.</summary>
internal sealed class DirectResponseFilter(ReadOnlyMemory<byte> response) : INetworkReadFilter
{
    private NetworkFilterCallbacks _callbacks = null!;

    public void Attach(NetworkFilterCallbacks callbacks) => _callbacks = callbacks;

    public NetworkFilterStatus OnNewConnection()
    {
        if (!response.IsEmpty)
        {
            var bytes = new ByteQueue(_callbacks.Worker);
            bytes.Append(response.Span);
            _callbacks.Write(bytes, endOfStream: true);
        }

        _callbacks.Connection.Close(ConnectionCloseType.FlushWrite);
        return NetworkFilterStatus.Stop;
    }

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
    {
        data.Clear();
        return NetworkFilterStatus.Stop;
    }

    /// <summary>Makes them over the same bytes.</summary>
    internal sealed class Factory(ReadOnlyMemory<byte> response) : INetworkFilterSnapshot, INetworkFilterFactory
    {
        public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public INetworkFilter Create() => new DirectResponseFilter(response);
    }
}

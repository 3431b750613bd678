using Envoy.Buffers;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>A connection whose protocol is not known before its handshake is done; then it is handed over. Worker-owned.</summary>
internal sealed class ProbeConnection(AutoPool pool, UpstreamConnectionAccount account) : IConnectionHandler
{
    public void Open(UpstreamSocketOptions options) => account.Open(this, options);

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (connectionEvent == ConnectionEvent.Connected)
        {
            pool.OnAgreed(account, account.Connection.Tls?.ApplicationProtocol ?? "");
            return;
        }

        account.OnClosed(connectionEvent, hasActiveRequest: false);
        pool.OnProbeFailed(account.TimedOut, account.FailureReason);
    }

    public void OnData(ByteQueue input, bool endOfStream)
    {
    }

    public void OnAboveWriteHighWatermark()
    {
    }

    public void OnBelowWriteLowWatermark()
    {
    }
}

using Envoy.Buffers;
using Envoy.Net;

namespace Envoy.Listeners;

/// <summary>Has a connection that nobody has yet, or any more. Thread-safe.</summary>
internal sealed class NoHandler : IConnectionHandler
{
    public static readonly NoHandler Instance = new();

    public void OnData(ByteQueue input, bool endOfStream) => input.Clear();

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        // Nobody is there to hear it.
    }

    public void OnAboveWriteHighWatermark()
    {
        // Nobody writes.
    }

    public void OnBelowWriteLowWatermark()
    {
        // Nobody writes.
    }
}

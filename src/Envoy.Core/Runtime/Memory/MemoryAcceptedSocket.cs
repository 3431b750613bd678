namespace Envoy.Runtime.Memory;

/// <summary>An accepted in-memory connection on its way to a worker.</summary>
internal sealed class MemoryAcceptedSocket(MemoryEnd end) : AcceptedSocket
{
    private MemoryEnd? _end = end;

    public override Transport Adopt(Worker worker, ITransportHandler handler)
    {
        ObjectDisposedException.ThrowIf(_end is null, this);
        var adopted = _end;
        _end = null;
        return MemoryTransport.Adopt(worker, adopted, handler);
    }

    public override void Dispose()
    {
        _end?.Close(reset: false);
        _end = null;
    }
}

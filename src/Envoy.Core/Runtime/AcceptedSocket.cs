namespace Envoy.Runtime;

/// <summary>A connection that was accepted and belongs to no worker yet. Disposing it closes it. Owned by whoever holds it, one at a time.</summary>
internal abstract class AcceptedSocket : IDisposable
{
    /// <summary>Makes it a transport of the worker that this is called on.</summary>
    public abstract Transport Adopt(Worker worker, ITransportHandler handler);

    public abstract void Dispose();
}

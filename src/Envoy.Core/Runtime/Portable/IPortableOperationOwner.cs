namespace Envoy.Runtime.Portable;

/// <summary>Whose operations come back through the poller.</summary>
internal interface IPortableOperationOwner
{
    /// <summary>On the worker, from its poll; also for an operation that a close has aborted.</summary>
    void OnOperationDone(PortableOperation operation);

    /// <summary>The worker has ended; on any thread, once nothing of the operation is in use.</summary>
    void OnOperationDropped(PortableOperation operation);
}

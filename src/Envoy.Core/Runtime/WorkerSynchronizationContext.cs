namespace Envoy.Runtime;

/// <summary>Brings the continuations of what was awaited on a worker back to it. Thread-safe.</summary>
internal sealed class WorkerSynchronizationContext : SynchronizationContext
{
    public WorkerSynchronizationContext(Worker worker) => Worker = worker;

    public Worker Worker { get; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        var callback = new PostedCallback(d, state);
        if (!Worker.TryPost(static s => ((PostedCallback)s!).Run(), callback))
            callback.OnDropped();
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (Worker.IsCurrent)
            d(state);
        else
            Worker.InvokeAsync(() => d(state)).GetAwaiter().GetResult();
    }

    public override SynchronizationContext CreateCopy() => this;

    private sealed class PostedCallback(SendOrPostCallback callback, object? state) : IDroppable
    {
        public void Run() => callback(state);

        // The worker is gone, yet somebody awaits: the continuation still has to run somewhere, to see its cancellation and end.
        public void OnDropped() => ThreadPool.UnsafeQueueUserWorkItem(static s => s.Run(), this, preferLocal: false);
    }
}

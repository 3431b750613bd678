using Envoy.Proxy;

namespace Envoy.Hosting;

/// <summary>
/// The application's proxy, for whoever asks dependency injection. Not the proxy itself: a container disposes what it hands out, and not every
/// container may wait while it does. Thread-safe.
/// </summary>
public sealed class EnvoyProxyAccessor
{
    private readonly TaskCompletionSource<EnvoyProxy> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal EnvoyProxyAccessor()
    {
        // Whoever waits sees the failure; if nobody does, the host has told of it.
        _ = _started.Task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>The proxy.</summary>
    /// <exception cref="InvalidOperationException">It has not started yet, or could not.</exception>
    public EnvoyProxy Proxy => _started.Task.IsCompletedSuccessfully
        ? _started.Task.Result
        : throw new InvalidOperationException(_started.Task.IsCompleted
            ? "The proxy could not start."
            : "The proxy has not started yet: it starts with the host's services. WhenStartedAsync waits for it.");

    /// <summary>The proxy, once it serves.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Faulted with what ended the start, if it failed.</returns>
    public Task<EnvoyProxy> WhenStartedAsync(CancellationToken cancellationToken = default) => _started.Task.WaitAsync(cancellationToken);

    internal void OnStarted(EnvoyProxy proxy) => _started.TrySetResult(proxy);

    internal void OnFailed(Exception exception) => _started.TrySetException(exception);
}

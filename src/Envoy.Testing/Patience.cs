namespace Envoy.Testing;

/// <summary>Ends a wait that would hang a test run, by an exception that says what did not happen.</summary>
internal static class Patience
{
    // Only ever reached by a test that fails: long enough for the slowest build machine.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<T> AwaitAsync<T>(Task<T> task, Func<string> what, CancellationToken cancellationToken)
    {
        try
        {
            return await task.WaitAsync(Limit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!task.IsFaulted)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds:0} s in vain for {what()}.");
        }
    }

    public static Task AwaitAsync(Task task, Func<string> what, CancellationToken cancellationToken) =>
        AwaitAsync(ToResult(task), what, cancellationToken);

    /// <summary>A source that cancels when patience ends, for operations that take a token.</summary>
    public static CancellationTokenSource Begin(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(Limit);
        return source;
    }

    private static async Task<bool> ToResult(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }
}

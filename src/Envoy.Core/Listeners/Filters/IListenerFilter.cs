namespace Envoy.Listeners.Filters;

/// <summary>
/// Looks at a new connection before its filter chain is chosen: who is there, and what its first bytes are. One object a connection; all calls
/// are on its worker, and an exception closes that connection only. Worker-owned.
/// </summary>
public interface IListenerFilter
{
    /// <summary>Bytes that <see cref="OnData"/> may want to see at once; 0 (default): none. It may grow while the filter waits.</summary>
    int MostBytes => 0;

    /// <summary>The connection is here, and the filters before this one are done.</summary>
    ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks);

    /// <summary>Bytes have come, after <see cref="ListenerFilterStatus.Wait"/>. They stay for those after, unless they are drained.</summary>
    /// <param name="received">All from the connection's beginning that nobody has drained, <see cref="MostBytes"/> at most.</param>
    ListenerFilterStatus OnData(ReadOnlySpan<byte> received) => ListenerFilterStatus.Continue;

    /// <summary>The connection ended, or its time was up, while this filter waited.</summary>
    void OnClose()
    {
    }
}

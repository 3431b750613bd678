namespace Envoy.Listeners.Filters;

/// <summary>What becomes of a connection that a listener filter has looked at.</summary>
public enum ListenerFilterStatus
{
    /// <summary>On to the next filter, and after the last to the filter chain.</summary>
    Continue,

    /// <summary>Until more bytes come, or until the filter calls <see cref="ListenerFilterCallbacks.Continue"/>.</summary>
    Wait,

    /// <summary>It is closed.</summary>
    Close,
}

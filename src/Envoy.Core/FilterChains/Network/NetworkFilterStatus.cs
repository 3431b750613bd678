namespace Envoy.FilterChains.Network;

/// <summary>What a network filter wants of the filters after it (Envoy's <c>Network::FilterStatus</c>).</summary>
public enum NetworkFilterStatus
{
    /// <summary>Go on with the next filter.</summary>
    Continue,

    /// <summary>
    /// Later filters see nothing until more bytes arrive, or until the filter calls <see cref="NetworkFilterCallbacks.ContinueReading"/>
    /// (for a read). The bytes stay where they are.
    /// </summary>
    Stop,
}

namespace Envoy.FilterChains.Network;

/// <summary>Who keeps count of a listener's connections. Worker-owned.</summary>
internal interface IConnectionObserver
{
    /// <summary>The transport socket was not ready in time; the connection ends.</summary>
    void OnSecureTimeout();

    /// <summary>Called once, after the filters were told.</summary>
    void OnClosed(NetworkFilterChain chain);
}

namespace Envoy.FilterChains.Network;

/// <summary>Makes a filter for each new connection of one worker. Worker-owned.</summary>
public interface INetworkFilterFactory
{
    /// <summary>A filter for one connection.</summary>
    INetworkFilter Create();
}

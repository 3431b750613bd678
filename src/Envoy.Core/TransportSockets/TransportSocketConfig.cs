namespace Envoy.TransportSockets;

/// <summary>A named transport socket of a filter chain (<c>envoy.config.core.v3.TransportSocket</c>). Immutable.</summary>
/// <param name="Name">The configured name, shown in messages; the options' type decides which it is.</param>
/// <param name="Options">Its own record.</param>
public sealed record DownstreamTransportSocketConfig(string Name, DownstreamTransportSocketOptions Options);

/// <summary>A named transport socket of a cluster (<c>envoy.config.core.v3.TransportSocket</c>). Immutable.</summary>
/// <param name="Name">The configured name, shown in messages; the options' type decides which it is.</param>
/// <param name="Options">Its own record.</param>
public sealed record UpstreamTransportSocketConfig(string Name, UpstreamTransportSocketOptions Options);

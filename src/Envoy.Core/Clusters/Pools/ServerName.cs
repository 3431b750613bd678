namespace Envoy.Clusters.Pools;

/// <summary>The host that a request's connection is made for. Immutable.</summary>
/// <param name="Name">The host, without a port, in lower case.</param>
/// <param name="IsAddress">It is an IP address, which nobody asks for by TLS.</param>
internal sealed record ServerName(string Name, bool IsAddress);

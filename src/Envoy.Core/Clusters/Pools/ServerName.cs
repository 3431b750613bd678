namespace Envoy.Clusters.Pools;

/// <summary>The host that a request's connection is made for. Immutable.</summary>
/// <param name="Name">The host, without a port, in lower case.</param>
/// <param name="IsAddress">It is an IP address, which nobody asks for by TLS.</param>
internal sealed record ServerName(string Name, bool IsAddress)
{
    /// <summary>That of a request whose host nobody can have: no connection of others serves it, and no certificate is for it.</summary>
    public static ServerName Unusable { get; } = new("", IsAddress: true);
}

namespace Envoy.Net;

/// <summary>Where to listen or connect (<c>envoy.config.core.v3.Address</c>). Immutable.</summary>
public abstract record AddressConfig;

/// <summary>An IP address or host name with a port (<c>core.v3.SocketAddress</c>). Immutable.</summary>
/// <param name="Address">An IPv4 or IPv6 literal; in a DNS cluster's endpoints, a host name.</param>
/// <param name="PortValue">0 to 65535; 0 on a listener lets the system choose.</param>
public sealed record SocketAddressConfig(string Address, int PortValue) : AddressConfig
{
    /// <summary>On the IPv6 wildcard, accept IPv4 too (dual stack). Default false, as in Envoy.</summary>
    public bool Ipv4Compat { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:{PortValue}" : $"{Address}:{PortValue}";
}

/// <summary>A Unix domain socket (<c>core.v3.Pipe</c>). Immutable.</summary>
/// <param name="Path">The path; a leading <c>@</c> names Linux's abstract namespace.</param>
public sealed record PipeAddressConfig(string Path) : AddressConfig
{
    /// <summary>The socket file's mode bits, 0 to 0777; 0 (default) leaves what the umask gives.</summary>
    public int Mode { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}

/// <summary>A listener or upstream inside this process, reached without a socket; only code can name one. Immutable.</summary>
/// <param name="Name">The name both ends use; names live in a <c>MemoryNetwork</c>, never process-wide.</param>
public sealed record MemoryAddressConfig(string Name) : AddressConfig
{
    /// <inheritdoc/>
    public override string ToString() => "memory://" + Name;
}

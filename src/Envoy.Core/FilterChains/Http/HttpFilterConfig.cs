namespace Envoy.FilterChains.Http;

/// <summary>A named HTTP filter with its options (<c>HttpFilter</c> of the HTTP connection manager). Immutable.</summary>
/// <param name="Name">The configured name, shown in messages; the options' type decides which filter it is.</param>
/// <param name="Options">The filter's own record.</param>
public sealed record HttpFilterConfig(string Name, HttpFilterOptions Options)
{
    /// <summary>It runs only where a route table turns it on. Default false; not for one that ends the chain.</summary>
    public bool Disabled { get; init; }
}

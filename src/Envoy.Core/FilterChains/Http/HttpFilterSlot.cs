namespace Envoy.FilterChains.Http;

/// <summary>A place in a filter chain: the filter's name in the list, whether it runs unless a route says so, and who makes it. Worker-owned.</summary>
/// <param name="Name">The name that route tables use for it.</param>
/// <param name="Disabled">It runs only where a route table turns it on.</param>
/// <param name="Factory">Makes it.</param>
internal sealed record HttpFilterSlot(string Name, bool Disabled, IHttpFilterFactory Factory)
{
    /// <summary>Some level of the route table may turn it on or off: then every request is looked up before its chain is made.</summary>
    public bool MayChange { get; init; }

    /// <summary>Whether a request goes past it.</summary>
    public bool IsDisabledFor(IHttpStreamHost host) => MayChange ? host.Match.FilterOptions?.IsDisabled(Name) ?? Disabled : Disabled;
}

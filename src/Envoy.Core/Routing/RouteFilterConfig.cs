namespace Envoy.Routing;

/// <summary>
/// One HTTP filter's options at one level of a route table (<c>typed_per_filter_config</c>). The most specific level that has some for a
/// filter wins: weighted cluster, route, virtual host, table. Immutable.
/// </summary>
/// <param name="FilterName">The filter's name in the connection manager's list.</param>
/// <param name="Options">The options; null: only <see cref="Disabled"/> counts.</param>
public sealed record RouteFilterConfig(string FilterName, RouteFilterOptions? Options)
{
    /// <summary>The filter is skipped (true), or runs even where the connection manager's list has it disabled (false, the default).</summary>
    public bool Disabled { get; init; }
}

/// <summary>Base of a filter's options for a part of a route table. Immutable.</summary>
public abstract record RouteFilterOptions
{
    /// <summary>Compiles the options, once for all workers; what is wrong is thrown as <see cref="ArgumentException"/>. Default: they are used as they are.</summary>
    protected internal virtual object Compile() => this;
}

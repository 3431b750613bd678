namespace Envoy.Listeners.Filters;

/// <summary>A named listener filter with its options (<c>envoy.config.listener.v3.ListenerFilter</c>). Immutable.</summary>
/// <param name="Name">The configured name, shown in messages; the options' type decides which filter it is.</param>
/// <param name="Options">The filter's own record.</param>
public sealed record ListenerFilterConfig(string Name, ListenerFilterOptions Options)
{
    /// <summary>Connections that this filter does not see (<c>filter_disabled</c>); null (default): it sees all.</summary>
    public ListenerFilterMatchConfig? Disabled { get; init; }
}

namespace Envoy.Extensions;

/// <summary>Something that plugs in under a name: a filter, for instance. Each kind has an abstract class of its own over this. Immutable.</summary>
public abstract class Extension
{
    /// <summary>Envoy's category, such as <c>envoy.filters.network</c>.</summary>
    public abstract string Category { get; }

    /// <summary>The canonical name, such as <c>envoy.filters.network.tcp_proxy</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Further names it is found under, such as 2019's <c>envoy.tcp_proxy</c>. Default: none.</summary>
    public virtual IReadOnlyList<string> Aliases => [];

    /// <summary>The full names of the messages that configure it, the current one first.</summary>
    public abstract IReadOnlyList<string> TypeUrls { get; }

    /// <summary>The options record that its message becomes; what finds the extension when a proxy was built in code.</summary>
    public abstract Type OptionsType { get; }

    /// <summary>The category in words: <c>network filter</c>.</summary>
    public abstract string Noun { get; }
}

using Envoy.Extensions;

namespace Envoy.FilterChains.Network;

/// <summary>A network filter as the catalogue knows it: its names and how its options are read. Immutable.</summary>
public abstract class NetworkFilterExtension : Extension
{
    /// <summary>Envoy's category of network filters.</summary>
    public const string CategoryName = "envoy.filters.network";

    internal const string NounInWords = "network filter";

    /// <inheritdoc/>
    public sealed override string Category => CategoryName;

    /// <inheritdoc/>
    public sealed override string Noun => NounInWords;

    /// <summary>Reads the filter's message. Errors go to <paramref name="context"/>; what is returned then is never used.</summary>
    public abstract NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context);
}

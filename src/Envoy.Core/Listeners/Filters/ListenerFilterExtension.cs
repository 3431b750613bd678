using Envoy.Extensions;

namespace Envoy.Listeners.Filters;

/// <summary>A listener filter as the catalogue knows it: its names and how its options are read. Immutable.</summary>
public abstract class ListenerFilterExtension : Extension
{
    /// <summary>Envoy's category of listener filters.</summary>
    public const string CategoryName = "envoy.filters.listener";

    internal const string NounInWords = "listener filter";

    /// <inheritdoc/>
    public sealed override string Category => CategoryName;

    /// <inheritdoc/>
    public sealed override string Noun => NounInWords;

    /// <summary>Reads the filter's message. Errors go to <paramref name="context"/>; what is returned then is never used.</summary>
    public abstract ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context);
}

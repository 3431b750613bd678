using Envoy.Extensions;

namespace Envoy.FilterChains.Http;

/// <summary>An HTTP filter as the catalogue knows it: its names and how its options are read. Immutable.</summary>
public abstract class HttpFilterExtension : Extension
{
    /// <summary>Envoy's category of HTTP filters.</summary>
    public const string CategoryName = "envoy.filters.http";

    internal const string NounInWords = "HTTP filter";

    /// <inheritdoc/>
    public sealed override string Category => CategoryName;

    /// <inheritdoc/>
    public sealed override string Noun => NounInWords;

    /// <summary>Reads the filter's message. Errors go to <paramref name="context"/>; what is returned then is never used.</summary>
    public abstract HttpFilterOptions Read(ConfigNode node, ConfigReadContext context);
}

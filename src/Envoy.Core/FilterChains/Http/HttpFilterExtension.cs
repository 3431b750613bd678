using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.FilterChains.Http;

/// <summary>An HTTP filter as the catalogue knows it: its names and how its options are read. Immutable.</summary>
public abstract class HttpFilterExtension : Extension, IRouteFilterExtension
{
    /// <summary>Envoy's category of HTTP filters.</summary>
    public const string CategoryName = "envoy.filters.http";

    internal const string NounInWords = "HTTP filter";

    /// <inheritdoc/>
    public sealed override string Category => CategoryName;

    /// <inheritdoc/>
    public sealed override string Noun => NounInWords;

    /// <summary>The full names of the messages that are this filter's options for a part of a route table. Default: none.</summary>
    public virtual IReadOnlyList<string> RouteTypeUrls => [];

    /// <summary>Reads the filter's message. Errors go to <paramref name="context"/>; what is returned then is never used.</summary>
    public abstract HttpFilterOptions Read(ConfigNode node, ConfigReadContext context);

    /// <summary>Reads one of the messages of <see cref="RouteTypeUrls"/>. Errors go to <paramref name="context"/>. Default: null.</summary>
    public virtual RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => null;
}

using Envoy.Extensions;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.LocalRateLimit;

/// <summary><c>envoy.filters.listener.local_ratelimit</c> in the catalogue. Immutable.</summary>
internal sealed class LocalRateLimitExtension : ListenerFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.listener.local_ratelimit";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(LocalRateLimitOptions);

    /// <inheritdoc/>
    public override ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context) => LocalRateLimitOptions.Fields.Read(node, context);
}

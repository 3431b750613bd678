using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.LocalRateLimit;

/// <summary>
/// Options of <c>envoy.filters.listener.local_ratelimit</c>, which closes the connections of a listener that are too many in a time. Immutable.
/// </summary>
public sealed record LocalRateLimitOptions : ListenerFilterOptions
{
    private static readonly FieldTable<Flag> RuntimeFlag = new FieldTable<Flag>("envoy.config.core.v3.RuntimeFeatureFlag", new Flag())
        .Bool("default_value", f => f.DefaultValue, (f, v) => f with { DefaultValue = v })
        .Text("runtime_key", f => f.RuntimeKey, (f, v) => f with { RuntimeKey = v }, required: true);

    internal static readonly FieldTable<LocalRateLimitOptions> Fields = new FieldTable<LocalRateLimitOptions>(
            "envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit", new LocalRateLimitOptions { StatPrefix = "", TokenBucket = null! })
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v }, required: true)
        .Message("token_bucket", o => o.TokenBucket, (o, v) => o with { TokenBucket = v }, TokenBucketConfig.Fields, required: true)
        .Message("runtime_enabled", "RuntimeFeatureFlag", static _ => (Flag?)null, (o, v) => o with { EnabledByDefault = v.DefaultValue, EnabledRuntimeKey = v.RuntimeKey }, RuntimeFlag.TryRead);

    /// <summary>Statistics are under <c>listener_local_ratelimit.PREFIX.</c>.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>How many connections, all workers together.</summary>
    public required TokenBucketConfig TokenBucket { get; init; }

    /// <summary>Whether it works where the runtime does not say. Default true.</summary>
    public bool EnabledByDefault { get; init; } = true;

    /// <summary>The runtime key that turns it on or off; empty (default): none.</summary>
    public string EnabledRuntimeKey { get; init; } = "";

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (TokenBucket is null)
            return;
        if (TokenBucket.FillInterval < TimeSpan.FromMilliseconds(50))
            validation.ErrorAt(this, "token_bucket.fill_interval", "must be 50ms at least");
        if (TokenBucket.MaxTokens == 0 || TokenBucket.TokensPerFill == 0)
            validation.ErrorAt(this, "token_bucket", "max_tokens and tokens_per_fill must be above 0");
    }

    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new LocalRateLimitFilter.Snapshot(this, context);
    }

    private sealed record Flag
    {
        public bool DefaultValue { get; init; }

        public string RuntimeKey { get; init; } = "";
    }
}

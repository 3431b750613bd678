using Envoy.Extensions;

namespace Envoy.Filters.Listener.LocalRateLimit;

/// <summary>How often something may happen (<c>envoy.type.v3.TokenBucket</c>). Immutable.</summary>
/// <param name="MaxTokens">Tokens it holds at most, and at first; above 0.</param>
/// <param name="FillInterval">Time in which it gets new ones; 50 ms at least.</param>
public sealed record TokenBucketConfig(uint MaxTokens, TimeSpan FillInterval)
{
    internal static readonly FieldTable<TokenBucketConfig> Fields = new FieldTable<TokenBucketConfig>("envoy.type.v3.TokenBucket", new TokenBucketConfig(0, TimeSpan.Zero))
        .Number("max_tokens", b => b.MaxTokens, (b, v) => b with { MaxTokens = v }, least: 1, required: true)
        .Number("tokens_per_fill", b => b.TokensPerFill, (b, v) => b with { TokensPerFill = v }, least: 1)
        .Duration("fill_interval", b => b.FillInterval == TimeSpan.Zero ? null : b.FillInterval, (b, v) => b with { FillInterval = v }, TimeSpan.FromMilliseconds(50))
        .OneOf(required: true, "fill_interval");

    /// <summary>Tokens it gets in that time, evenly. Default 1.</summary>
    public uint TokensPerFill { get; init; } = 1;
}

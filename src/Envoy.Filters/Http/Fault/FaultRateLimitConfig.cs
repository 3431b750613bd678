using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>How slowly responses' bodies go out, and how many of them (<c>FaultRateLimit</c>): exactly one of <see cref="LimitKbps"/> and <see cref="FromHeader"/>. Immutable.</summary>
public sealed record FaultRateLimitConfig
{
    private static readonly FieldTable<Draft> Fixed = new FieldTable<Draft>("envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit", new Draft(0))
        .Add(
            new ConfigField("limit_kbps", "uint64", FieldSupport.Supported) { IsRequired = true, Limits = "at least 1" },
            d => d.Kbps,
            (d, v) => new Draft((ulong)v),
            (ConfigNode node, ConfigReadContext context, out long value) => ConfigValues.ReadInteger(node, context, 1, long.MaxValue, out value));

    internal static readonly FieldTable<FaultRateLimitConfig> Fields = new FieldTable<FaultRateLimitConfig>(
            "envoy.extensions.filters.common.fault.v3.FaultRateLimit", new FaultRateLimitConfig())
        .Message("fixed_limit", l => l.LimitKbps is { } kbps ? new Draft(kbps) : null, (l, v) => l with { LimitKbps = v.Kbps }, Fixed)
        .FromHeader("header_limit", "HeaderLimit", l => l.FromHeader, l => l with { FromHeader = true })
        .Message("percentage", "FractionalPercent", l => l.Percentage, (l, v) => l with { Percentage = v }, RuntimeFractionReader.TryReadPercent)
        .OneOf(required: true, "fixed_limit", "header_limit");

    /// <summary>In KiB a second, 1 or more, the same for all; null: the request says it.</summary>
    public ulong? LimitKbps { get; init; }

    /// <summary>The request's <c>x-envoy-fault-throughput-response</c> says how many KiB a second; without it there is no limit. Default false.</summary>
    public bool FromHeader { get; init; }

    /// <summary>The share of responses. Default none. <c>x-envoy-fault-throughput-response-percentage</c> may lower it.</summary>
    public FractionalPercentConfig Percentage { get; init; } = new(0);

    private sealed record Draft(ulong Kbps);
}

using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>How long requests wait, and how many of them (<c>FaultDelay</c>): exactly one of <see cref="FixedDelay"/> and <see cref="FromHeader"/>. Immutable.</summary>
public sealed record FaultDelayConfig
{
    internal static readonly FieldTable<FaultDelayConfig> Fields = new FieldTable<FaultDelayConfig>("envoy.extensions.filters.common.fault.v3.FaultDelay", new FaultDelayConfig())
        .Duration("fixed_delay", d => d.FixedDelay, (d, v) => d with { FixedDelay = v }, above: true)
        .FromHeader("header_delay", "HeaderDelay", d => d.FromHeader, d => d with { FromHeader = true })
        .Message("percentage", "FractionalPercent", d => d.Percentage, (d, v) => d with { Percentage = v }, RuntimeFractionReader.TryReadPercent)

        // v2's only type, FIXED.
        .Inert("type")
        .OneOf(required: true, "fixed_delay", "header_delay");

    /// <summary>The same for all, above zero, in whole milliseconds; null: the request says it.</summary>
    public TimeSpan? FixedDelay { get; init; }

    /// <summary>The request's <c>x-envoy-fault-delay-request</c> says how many milliseconds; without it there is no delay. Default false.</summary>
    public bool FromHeader { get; init; }

    /// <summary>The share of requests. Default none. <c>x-envoy-fault-delay-request-percentage</c> may lower it.</summary>
    public FractionalPercentConfig Percentage { get; init; } = new(0);
}

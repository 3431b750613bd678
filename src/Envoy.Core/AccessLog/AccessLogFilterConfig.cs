using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.AccessLog;

/// <summary>
/// A condition on a finished exchange (<c>envoy.config.accesslog.v3.AccessLogFilter</c>); one of the records below. Immutable.
/// </summary>
public abstract record AccessLogFilterConfig;

/// <summary>How a number is compared (<c>ComparisonFilter.Op</c>).</summary>
public enum ComparisonOperator
{
    /// <summary>It is the value. The default.</summary>
    Equal,

    /// <summary>It is the value or more.</summary>
    GreaterOrEqual,

    /// <summary>It is the value or less.</summary>
    LessOrEqual,

    /// <summary>It is not the value.</summary>
    NotEqual,
}

/// <summary>A comparison with a value that a runtime key may change (<c>ComparisonFilter</c>). Immutable.</summary>
/// <param name="Operator">How.</param>
/// <param name="Value">With what, while the key is not set.</param>
/// <param name="RuntimeKey">The key; empty (default): none.</param>
public sealed record ComparisonConfig(ComparisonOperator Operator, uint Value, string RuntimeKey = "");

/// <summary>The response's status compares as asked (<c>status_code_filter</c>); no response is 0. Immutable.</summary>
/// <param name="Comparison">The comparison.</param>
public sealed record StatusCodeFilterConfig(ComparisonConfig Comparison) : AccessLogFilterConfig;

/// <summary>The exchange's duration in milliseconds compares as asked (<c>duration_filter</c>). Immutable.</summary>
/// <param name="Comparison">The comparison.</param>
public sealed record DurationFilterConfig(ComparisonConfig Comparison) : AccessLogFilterConfig;

/// <summary>The request was no health check that a filter recognised (<c>not_health_check_filter</c>). Immutable.</summary>
public sealed record NotHealthCheckFilterConfig : AccessLogFilterConfig;

/// <summary>A share of the exchanges that a runtime key may change (<c>runtime_filter</c>). Immutable.</summary>
/// <param name="RuntimeKey">The key.</param>
public sealed record RuntimeFilterConfig(string RuntimeKey) : AccessLogFilterConfig
{
    /// <summary>The share while the key is not set. Default 0 of 100.</summary>
    public FractionalPercentConfig PercentSampled { get; init; } = new(0);

    /// <summary>Each exchange draws anew; false (default): all exchanges with the same <c>x-request-id</c> are chosen or none.</summary>
    public bool UseIndependentRandomness { get; init; }
}

/// <summary>All of them hold (<c>and_filter</c>). Immutable.</summary>
/// <param name="Filters">Two or more.</param>
public sealed record AndFilterConfig(ValueList<AccessLogFilterConfig> Filters) : AccessLogFilterConfig;

/// <summary>One of them holds (<c>or_filter</c>). Immutable.</summary>
/// <param name="Filters">Two or more.</param>
public sealed record OrFilterConfig(ValueList<AccessLogFilterConfig> Filters) : AccessLogFilterConfig;

/// <summary>A header of the request matches (<c>header_filter</c>). Immutable.</summary>
/// <param name="Header">The condition.</param>
public sealed record HeaderFilterConfig(HeaderMatcherConfig Header) : AccessLogFilterConfig;

/// <summary>Something went wrong (<c>response_flag_filter</c>). Immutable.</summary>
public sealed record ResponseFlagFilterConfig : AccessLogFilterConfig
{
    /// <summary>One of these flags is set, by Envoy's short names. Default none: any flag at all.</summary>
    public ValueList<string> Flags { get; init; } = [];
}

/// <summary>The gRPC status is one of these (<c>grpc_status_filter</c>); without one, what the HTTP status amounts to counts. Immutable.</summary>
public sealed record GrpcStatusFilterConfig : AccessLogFilterConfig
{
    /// <summary>The statuses, 0 to 16. Default none, which no status is.</summary>
    public ValueList<int> Statuses { get; init; } = [];

    /// <summary>It is none of them instead. Default false.</summary>
    public bool Exclude { get; init; }
}

/// <summary>The entry is written for one of these reasons (<c>log_type_filter</c>). Immutable.</summary>
public sealed record LogTypeFilterConfig : AccessLogFilterConfig
{
    /// <summary>The reasons. Default none, which no reason is.</summary>
    public ValueList<AccessLogType> Types { get; init; } = [];

    /// <summary>It is none of them instead. Default false.</summary>
    public bool Exclude { get; init; }
}

using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.AccessLog;

/// <summary>Reads <c>envoy.config.accesslog.v3.AccessLogFilter</c>. Thread-safe.</summary>
internal static class AccessLogFilterReader
{
    private static readonly EnumNames<ComparisonOperator> Operators = new EnumNames<ComparisonOperator>("ComparisonFilter.Op")
        .Add("EQ", 0, ComparisonOperator.Equal)
        .Add("GE", 1, ComparisonOperator.GreaterOrEqual)
        .Add("LE", 2, ComparisonOperator.LessOrEqual)
        .Add("NE", 3, ComparisonOperator.NotEqual);

    private static readonly EnumNames<AccessLogType> Types = new EnumNames<AccessLogType>("AccessLogType")
        .Add("NotSet", 0, AccessLogType.NotSet)
        .Add("TcpUpstreamConnected", 1, AccessLogType.TcpUpstreamConnected)
        .Add("TcpPeriodic", 2, AccessLogType.TcpPeriodic)
        .Add("TcpConnectionEnd", 3, AccessLogType.TcpConnectionEnd)
        .Add("DownstreamStart", 4, AccessLogType.DownstreamStart)
        .Add("DownstreamPeriodic", 5, AccessLogType.DownstreamPeriodic)
        .Add("DownstreamEnd", 6, AccessLogType.DownstreamEnd)
        .NotYet("UpstreamPoolReady", 7)
        .NotYet("UpstreamPeriodic", 8)
        .NotYet("UpstreamEnd", 9)
        .NotYet("DownstreamTunnelSuccessfullyEstablished", 10)
        .NotYet("UdpTunnelUpstreamConnected", 11)
        .NotYet("UdpPeriodic", 12)
        .NotYet("UdpSessionEnd", 13);

    // gRPC's status codes are an enum of 17 without gaps.
    private static readonly string[] GrpcStatuses =
    [
        "OK", "CANCELED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    private static readonly FieldTable<Value> RuntimeValue = new FieldTable<Value>("envoy.config.core.v3.RuntimeUInt32", new Value())
        .Number("default_value", v => v.Default, (v, n) => v with { Default = n })
        .Text("runtime_key", v => v.Key, (v, k) => v with { Key = k });

    private static readonly FieldTable<Comparison> ComparisonFilter = new FieldTable<Comparison>("envoy.config.accesslog.v3.ComparisonFilter", new Comparison())
        .Enum("op", c => c.Operator, (c, v) => c with { Operator = v }, Operators)
        .Message("value", c => c.Value, (c, v) => c with { Value = v }, RuntimeValue);

    private static readonly FieldTable<Compared> StatusCode = Comparing("StatusCodeFilter");

    private static readonly FieldTable<Compared> Duration = Comparing("DurationFilter");

    private static readonly FieldTable<NotHealthCheckFilterConfig> NotHealthCheck = new("envoy.config.accesslog.v3.NotHealthCheckFilter", new NotHealthCheckFilterConfig());

    private static readonly FieldTable<RuntimeFilterConfig> Runtime = new FieldTable<RuntimeFilterConfig>("envoy.config.accesslog.v3.RuntimeFilter", new RuntimeFilterConfig(""))
        .Text("runtime_key", f => f.RuntimeKey, (f, v) => f with { RuntimeKey = v }, required: true)
        .Message("percent_sampled", "FractionalPercent", f => f.PercentSampled, (f, v) => f with { PercentSampled = v }, RuntimeFractionReader.TryReadPercent)
        .Bool("use_independent_randomness", f => f.UseIndependentRandomness, (f, v) => f with { UseIndependentRandomness = v });

    private static readonly FieldTable<Several> And = Listing("AndFilter");

    private static readonly FieldTable<Several> Or = Listing("OrFilter");

    private static readonly FieldTable<Named> Header = new FieldTable<Named>("envoy.config.accesslog.v3.HeaderFilter", new Named())
        .Message("header", "HeaderMatcher", n => n.Header, (n, v) => n with { Header = v }, HeaderMatcherReader.TryRead, required: true);

    private static readonly FieldTable<ResponseFlagFilterConfig> ResponseFlag = new FieldTable<ResponseFlagFilterConfig>(
            "envoy.config.accesslog.v3.ResponseFlagFilter", new ResponseFlagFilterConfig())
        .List("flags", "string", f => f.Flags, (f, v) => f with { Flags = v }, FieldKinds.ReadNonEmpty);

    private static readonly FieldTable<GrpcStatusFilterConfig> GrpcStatus = new FieldTable<GrpcStatusFilterConfig>(
            "envoy.config.accesslog.v3.GrpcStatusFilter", new GrpcStatusFilterConfig())
        .List("statuses", "GrpcStatusFilter.Status", f => f.Statuses, (f, v) => f with { Statuses = v }, ReadGrpcStatus)
        .Bool("exclude", f => f.Exclude, (f, v) => f with { Exclude = v });

    private static readonly FieldTable<LogTypeFilterConfig> LogType = new FieldTable<LogTypeFilterConfig>(
            "envoy.config.accesslog.v3.LogTypeFilter", new LogTypeFilterConfig())
        .List("types", "AccessLogType", f => f.Types, (f, v) => f with { Types = v }, Types.Read)
        .Bool("exclude", f => f.Exclude, (f, v) => f with { Exclude = v });

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.accesslog.v3.AccessLogFilter", new Draft())
        .Of("status_code_filter", StatusCode, static c => new StatusCodeFilterConfig(c.Config))
        .Of("duration_filter", Duration, static c => new DurationFilterConfig(c.Config))
        .Of("not_health_check_filter", NotHealthCheck, static f => f)
        .NotYet("traceable_filter")
        .Of("runtime_filter", Runtime, static f => f)
        .Of("and_filter", And, static s => new AndFilterConfig(s.Filters))
        .Of("or_filter", Or, static s => new OrFilterConfig(s.Filters))
        .Of("header_filter", Header, static n => new HeaderFilterConfig(n.Header ?? new HeaderMatcherConfig("")))
        .Of("response_flag_filter", ResponseFlag, static f => f)
        .Of("grpc_status_filter", GrpcStatus, static f => f)
        .Of("log_type_filter", LogType, static f => f)
        .NotYet("extension_filter", "metadata_filter")
        .OneOf(required: true, "status_code_filter", "duration_filter", "not_health_check_filter", "traceable_filter", "runtime_filter", "and_filter", "or_filter",
            "header_filter", "response_flag_filter", "grpc_status_filter", "log_type_filter", "extension_filter", "metadata_filter");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out AccessLogFilterConfig value)
    {
        value = Fields.Read(node, context).Filter!;
        return value is not null;
    }

    private static FieldTable<Draft> Of<T>(this FieldTable<Draft> table, string name, FieldTable<T> fields, Func<T, AccessLogFilterConfig> make)
        where T : class =>
        table.Message(name, fields.ShortName, _ => null, (d, v) => d with { Filter = v }, (ConfigNode node, ConfigReadContext context, out AccessLogFilterConfig value) =>
        {
            value = make(fields.Read(node, context));
            context.Remember(value, node);
            return node.Kind == ConfigNodeKind.Mapping;
        });

    private static FieldTable<Compared> Comparing(string message) => new FieldTable<Compared>("envoy.config.accesslog.v3." + message, new Compared())
        .Message("comparison", c => c.Comparison, (c, v) => c with { Comparison = v }, ComparisonFilter, required: true);

    private static FieldTable<Several> Listing(string message) => new FieldTable<Several>("envoy.config.accesslog.v3." + message, new Several())
        .List("filters", "AccessLogFilter", s => s.Filters, (s, v) => s with { Filters = v }, TryRead, required: true);

    private static bool ReadGrpcStatus(ConfigNode node, ConfigReadContext context, out int value)
    {
        value = 0;
        if (node.Kind != ConfigNodeKind.Scalar)
            return ConfigValues.Wrong(node, context, "a gRPC status");
        value = Array.FindIndex(GrpcStatuses, s => string.Equals(s, node.Value, StringComparison.OrdinalIgnoreCase));
        if (value >= 0 || (int.TryParse(node.Value, System.Globalization.CultureInfo.InvariantCulture, out value) && value >= 0 && value < GrpcStatuses.Length))
            return true;
        return ConfigValues.Wrong(node, context, "a gRPC status", NearestName.Hint(node.Value, GrpcStatuses));
    }

    private sealed record Draft
    {
        public AccessLogFilterConfig? Filter { get; init; }
    }

    private sealed record Value
    {
        public uint Default { get; init; }

        public string Key { get; init; } = "";
    }

    private sealed record Comparison
    {
        public ComparisonOperator Operator { get; init; }

        public Value Value { get; init; } = new();
    }

    private sealed record Compared
    {
        public Comparison Comparison { get; init; } = new();

        public ComparisonConfig Config => new(Comparison.Operator, Comparison.Value.Default, Comparison.Value.Key);
    }

    private sealed record Several
    {
        public ValueList<AccessLogFilterConfig> Filters { get; init; } = [];
    }

    private sealed record Named
    {
        public HeaderMatcherConfig? Header { get; init; }
    }
}

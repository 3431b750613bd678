using Envoy.AccessLog;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Reads <c>http_connection_manager.v3.LocalReplyConfig</c>. Thread-safe.</summary>
internal static class LocalReplyReader
{
    private static readonly FieldTable<Mapper> Mappers = new FieldTable<Mapper>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper", new Mapper())
        .Message("filter", "AccessLogFilter", m => m.Filter, (m, v) => m with { Filter = v }, AccessLogFilterReader.TryRead, required: true)
        .Number("status_code", m => m.StatusCode, (m, v) => m with { StatusCode = v }, 200, 599)
        .Add(
            new ConfigField("body", "DataSource", FieldSupport.Supported),
            m => m.Body,
            (m, v) => m with { Body = v },
            (ConfigValueReader<ValueList<byte>>)DataSourceReader.TryRead)
        .Message("body_format_override", "SubstitutionFormatString", m => m.BodyFormat, (m, v) => m with { BodyFormat = v }, SubstitutionFormatReader.TryRead)
        .List("headers_to_add", "HeaderValueOption", m => m.HeadersToAdd, (m, v) => m with { HeadersToAdd = v }, HeaderMutationsReader.TryRead);

    public static readonly FieldTable<LocalReplyConfig> Fields = new FieldTable<LocalReplyConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig", new LocalReplyConfig())
        .List("mappers", "ResponseMapper", c => c.Mappers, (c, v) => c with { Mappers = v }, TryReadMapper)
        .Message("body_format", "SubstitutionFormatString", c => c.BodyFormat, (c, v) => c with { BodyFormat = v }, SubstitutionFormatReader.TryRead);

    private static bool TryReadMapper(ConfigNode node, ConfigReadContext context, out LocalReplyMapperConfig value)
    {
        var draft = Mappers.Read(node, context);
        value = null!;
        if (draft.Filter is null)
            return false;
        value = new LocalReplyMapperConfig(draft.Filter)
        {
            StatusCode = draft.StatusCode,
            Body = draft.Body,
            BodyFormatOverride = draft.BodyFormat,
            HeadersToAdd = draft.HeadersToAdd,
        };
        context.Remember(value, node);
        return true;
    }

    private sealed record Mapper
    {
        public AccessLogFilterConfig? Filter { get; init; }

        public uint? StatusCode { get; init; }

        public ValueList<byte>? Body { get; init; }

        public SubstitutionFormatConfig? BodyFormat { get; init; }

        public ValueList<HeaderValueOptionConfig> HeadersToAdd { get; init; } = [];
    }
}

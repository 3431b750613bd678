using Envoy.Extensions;

namespace Envoy.Http.Http1;

/// <summary>Reads <c>core.v3.Http1ProtocolOptions.HeaderKeyFormat</c>. Thread-safe.</summary>
internal static class HeaderKeyFormatReader
{
    private const string PreserveCase = "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig";

    private static readonly FieldTable<Draft> Words = new("envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords", new Draft());

    private static readonly EnumNames<HeaderKeyFormat> OwnHeaders = new EnumNames<HeaderKeyFormat>("FormatterTypeOnEnvoyHeaders")
        .Add("DEFAULT", 0, HeaderKeyFormat.PreserveCase)
        .Add("PROPER_CASE", 1, HeaderKeyFormat.PreserveOrProperCase);

    private static readonly FieldTable<Draft> Preserve = new FieldTable<Draft>(PreserveCase, new Draft { Format = HeaderKeyFormat.PreserveCase })
        .Enum("formatter_type_on_envoy_headers", d => d.Format, (d, v) => d with { Format = v }, OwnHeaders)
        .NotYet("forward_reason_phrase=false");

    private static readonly FieldTable<Draft> Stateful = new FieldTable<Draft>("envoy.config.core.v3.TypedExtensionConfig", new Draft())
        .Text("name", _ => null, (d, _) => d)
        .Message("typed_config", "Any", _ => null, (_, v) => v, (ConfigValueReader<Draft>)ReadFormatter, required: true);

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat", new Draft())
        .Message("proper_case_words", _ => null, (d, _) => d with { Format = HeaderKeyFormat.ProperCaseWords }, Words)
        .Message("stateful_formatter", _ => null, (_, v) => v, Stateful)
        .OneOf(required: true, "proper_case_words", "stateful_formatter");

    /// <summary>Adds <c>header_key_format</c>.</summary>
    public static FieldTable<T> KeyFormat<T>(this FieldTable<T> table, Func<T, HeaderKeyFormat> get, Func<T, HeaderKeyFormat, T> set)
        where T : class => table.Message("header_key_format", "HeaderKeyFormat", t => new Draft { Format = get(t) }, (t, v) => set(t, v.Format), Fields.TryRead);

    private static bool ReadFormatter(ConfigNode node, ConfigReadContext context, out Draft value)
    {
        value = new Draft();
        if (!ExtensionReader.TryReadMessage(context, node, out var type, out var message))
            return false;
        if (type == PreserveCase)
        {
            value = Preserve.Read(message, context);
            return true;
        }

        context.Error(node, $"no header formatter is configured by '{type}'", kind: ConfigErrorKind.Unknown);
        return false;
    }

    private sealed record Draft
    {
        public HeaderKeyFormat Format { get; init; }
    }
}

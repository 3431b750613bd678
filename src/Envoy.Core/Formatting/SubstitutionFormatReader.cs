using System.Text;
using System.Text.Json;
using Envoy.Extensions;

namespace Envoy.Formatting;

/// <summary>Reads <c>envoy.config.core.v3.SubstitutionFormatString</c>. Thread-safe.</summary>
internal static class SubstitutionFormatReader
{
    private static readonly FieldTable<Nothing> JsonOptions = new FieldTable<Nothing>("envoy.config.core.v3.JsonFormatOptions", new Nothing())

        // Keys are sorted always.
        .Inert("sort_properties");

    private static readonly FieldTable<SubstitutionFormatConfig> Fields = new FieldTable<SubstitutionFormatConfig>(
            "envoy.config.core.v3.SubstitutionFormatString", new SubstitutionFormatConfig())
        .Text("text_format", f => f.Text, (f, v) => f with { Text = v })
        .Add(
            new ConfigField("json_format", "Struct", FieldSupport.Supported),
            f => f.Json,
            (f, v) => f with { Json = v },
            (ConfigValueReader<string>)ReadJson)
        .Add(
            new ConfigField("text_format_source", "DataSource", FieldSupport.Supported),
            _ => null,
            (f, v) => f with { Text = Encoding.UTF8.GetString(v.AsSpan()) },
            (ConfigValueReader<ValueList<byte>>)DataSourceReader.TryRead)
        .Bool("omit_empty_values", f => f.OmitEmptyValues, (f, v) => f with { OmitEmptyValues = v })
        .Text("content_type", f => f.ContentType, (f, v) => f with { ContentType = v })
        .Message("json_format_options", _ => null, (f, _) => f, JsonOptions)
        .List<SubstitutionFormatConfig, string>("formatters", "TypedExtensionConfig", _ => null, (f, _) => f, ReadFormatter)
        .OneOf(required: true, "text_format", "json_format", "text_format_source")
        .Check((format, node, context) =>
        {
            if ((format.Text is not null || format.Json is not null) && CompiledFormat.TryCompile(format, out var error) is null)
                context.Error(node.Find("text_format") ?? node.Find("json_format") ?? node, error);
        });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out SubstitutionFormatConfig value) => Fields.TryRead(node, context, out value);

    /// <summary>A mapping as JSON text.</summary>
    public static bool ReadJson(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = "";
        if (node.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(node, context, "a mapping");
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
            Write(node, json);
        value = Encoding.UTF8.GetString(stream.ToArray());
        return true;
    }

    private static void Write(ConfigNode node, Utf8JsonWriter json)
    {
        switch (node.Kind)
        {
            case ConfigNodeKind.Mapping:
                json.WriteStartObject();
                foreach (var entry in node.Entries)
                {
                    json.WritePropertyName(entry.Key);
                    Write(entry.Value, json);
                }

                json.WriteEndObject();
                break;
            case ConfigNodeKind.List:
                json.WriteStartArray();
                foreach (var item in node.Items)
                    Write(item, json);
                json.WriteEndArray();
                break;
            case ConfigNodeKind.Null:
                json.WriteNullValue();
                break;
            default:
                WriteScalar(node, json);
                break;
        }
    }

    private static void WriteScalar(ConfigNode node, Utf8JsonWriter json)
    {
        var text = node.Value;
        if (!node.IsQuoted && text is "true" or "false")
            json.WriteBooleanValue(text == "true");
        else if (!node.IsQuoted && double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteStringValue(text);
    }

    // Envoy's formatter extensions add operators. Those that are here are always on; the others are refused by name.
    private static bool ReadFormatter(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = "";
        var name = node.Find("name")?.Value ?? "";
        if (name is "envoy.formatter.req_without_query")
            return true;
        context.Error(node, $"Envoy's formatter extension '{name}' is not supported yet", "supported: envoy.formatter.req_without_query", ConfigErrorKind.NotSupported);
        return false;
    }

    private sealed record Nothing;
}

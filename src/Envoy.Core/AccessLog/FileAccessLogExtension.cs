using Envoy.Extensions;
using Envoy.Formatting;

namespace Envoy.AccessLog;

/// <summary><c>envoy.access_loggers.file</c> in the catalogue. Immutable.</summary>
internal sealed class FileAccessLogExtension : AccessLogExtension
{
    private static readonly FileAccessLogOptions Defaults = new() { Path = "" };

    private static readonly FieldTable<FileAccessLogOptions> Fields = new FieldTable<FileAccessLogOptions>("envoy.extensions.access_loggers.file.v3.FileAccessLog", Defaults)
        .Text("path", o => o.Path, (o, v) => o with { Path = v }, required: true)
        .Text("format", _ => null, (o, v) => v.Length == 0 ? o : o with { Format = new SubstitutionFormatConfig { Text = v } })
        .Message<FileAccessLogOptions, string>("json_format", "Struct", _ => null, (o, v) => o with { Format = new SubstitutionFormatConfig { Json = v } }, SubstitutionFormatReader.ReadJson)
        .Message<FileAccessLogOptions, string>("typed_json_format", "Struct", _ => null, (o, v) => o with { Format = new SubstitutionFormatConfig { Json = v } }, SubstitutionFormatReader.ReadJson)
        .Message("log_format", "SubstitutionFormatString", o => o.Format, (o, v) => o with { Format = v }, SubstitutionFormatReader.TryRead)
        .OneOf(required: false, "format", "json_format", "typed_json_format", "log_format");

    public override string Name => "envoy.access_loggers.file";

    public override IReadOnlyList<string> Aliases => ["envoy.file_access_log"];

    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.access_loggers.file.v3.FileAccessLog", "envoy.config.accesslog.v2.FileAccessLog"];

    public override Type OptionsType => typeof(FileAccessLogOptions);

    public override AccessLogOptions Read(ConfigNode node, ConfigReadContext context) => Fields.Read(node, context);
}

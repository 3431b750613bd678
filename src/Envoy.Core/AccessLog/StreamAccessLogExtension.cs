using Envoy.Extensions;
using Envoy.Formatting;

namespace Envoy.AccessLog;

/// <summary><c>envoy.access_loggers.stdout</c> or <c>envoy.access_loggers.stderr</c> in the catalogue: files under fixed names. Immutable.</summary>
internal sealed class StreamAccessLogExtension : AccessLogExtension
{
    private readonly FieldTable<FileAccessLogOptions> _fields;
    private readonly string _message;

    private StreamAccessLogExtension(string name, string message, string path, Type options)
    {
        Name = name;
        OptionsType = options;
        _message = "envoy.extensions.access_loggers.stream.v3." + message;
        _fields = new FieldTable<FileAccessLogOptions>(_message, new FileAccessLogOptions { Path = path })
            .Message("log_format", "SubstitutionFormatString", o => o.Format, (o, v) => o with { Format = v }, SubstitutionFormatReader.TryRead);
    }

    public static StreamAccessLogExtension Output { get; } = new("envoy.access_loggers.stdout", "StdoutAccessLog", FileAccessLogOptions.StandardOutput, typeof(OutputKey));

    public static StreamAccessLogExtension Error { get; } = new("envoy.access_loggers.stderr", "StderrAccessLog", FileAccessLogOptions.StandardError, typeof(ErrorKey));

    public override string Name { get; }

    public override IReadOnlyList<string> TypeUrls => [_message];

    // Their options are a file's; the catalogue wants a type for each extension that is its alone.
    public override Type OptionsType { get; }

    public override AccessLogOptions Read(ConfigNode node, ConfigReadContext context) => _fields.Read(node, context);

    private sealed class OutputKey;

    private sealed class ErrorKey;
}

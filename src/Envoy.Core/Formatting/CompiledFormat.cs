using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>A compiled <see cref="SubstitutionFormatConfig"/>: text, or JSON with a line feed behind it. Immutable.</summary>
internal sealed class CompiledFormat
{
    private readonly SubstitutionFormat? _text;
    private readonly JsonFormat? _json;

    private CompiledFormat(SubstitutionFormat? text, JsonFormat? json, string contentType)
    {
        _text = text;
        _json = json;
        ContentType = contentType.Length > 0 ? contentType : json is null ? "text/plain" : "application/json";
    }

    /// <summary>It writes JSON.</summary>
    public bool IsJson => _json is not null;

    /// <summary>The content type of a body made with it.</summary>
    public string ContentType { get; }

    /// <summary>Compiles a format; null, and why, when it is wrong.</summary>
    public static CompiledFormat? TryCompile(SubstitutionFormatConfig config, out string error)
    {
        if (config.Json is { } json)
        {
            var compiled = JsonFormat.TryCompile(json, config.OmitEmptyValues, out error);
            return compiled is null ? null : new CompiledFormat(null, compiled, config.ContentType);
        }

        var text = SubstitutionFormat.TryCompile(config.Text ?? "", config.OmitEmptyValues, out error);
        return text is null ? null : new CompiledFormat(text, null, config.ContentType);
    }

    public void Write(FormatContext context, ByteSink output)
    {
        _text?.Write(context, output);
        _json?.Write(context, output);
    }
}

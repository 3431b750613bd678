using System.Buffers.Text;
using Envoy.AccessLog;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.ConnectionManager.Streams;

/// <summary>A compiled <see cref="LocalReplyConfig"/>. Immutable.</summary>
internal sealed class LocalReplyRewriter
{
    private readonly Mapper[] _mappers;
    private readonly CompiledFormat? _format;

    private LocalReplyRewriter(Mapper[] mappers, CompiledFormat? format)
    {
        _mappers = mappers;
        _format = format;
    }

    /// <summary>Compiles; what is wrong goes to <paramref name="onError"/>, with its path.</summary>
    public static LocalReplyRewriter Compile(LocalReplyConfig config, Action<string, string> onError)
    {
        var mappers = new Mapper[config.Mappers.Count];
        for (var i = 0; i < mappers.Length; i++)
            mappers[i] = Compile(config.Mappers[i], $"mappers[{i}]", onError);
        return new LocalReplyRewriter(mappers, Compile(config.BodyFormat, "body_format", onError));
    }

    /// <summary>Makes the worker's engines before the first answer needs them.</summary>
    public void Warm(AccessLogFilter.Room room)
    {
        foreach (var mapper in _mappers)
            mapper.Filter.Warm(room.Scratch);
    }

    /// <summary>Changes an answer whose status and headers are in <paramref name="context"/>.</summary>
    /// <param name="context">What the exchange is; its status is the answer's, and follows when that changes.</param>
    /// <param name="room">What filters need.</param>
    /// <param name="values">Room for what is written; its content is lost.</param>
    /// <param name="body">The text that the answer would have; the text that it has.</param>
    /// <returns>The body's type; null: what the headers say, or plain text.</returns>
    public string? Apply(FormatContext context, AccessLogFilter.Room room, ByteSink values, ref ReadOnlyMemory<byte> body)
    {
        var headers = context.ResponseHeaders!;
        var setsType = false;
        var format = _format;
        foreach (var mapper in _mappers)
        {
            if (!mapper.Filter.Passes(context, room))
                continue;
            if (mapper.Status is { } status)
            {
                Span<byte> digits = stackalloc byte[20];
                Utf8Formatter.TryFormat(status, digits, out var written);
                headers.SetUnchecked(HeaderId.Status, digits[..written]);
                context.Info.ResponseCode = status;
            }

            body = mapper.Body ?? body;
            format = mapper.Format ?? format;
            context.LocalReplyBody = body;
            mapper.Headers.Apply(headers, context, values);
            setsType = mapper.SetsType;
            break;
        }

        if (format is null)
            return null;
        context.LocalReplyBody = body;
        values.Clear();
        format.Write(context, values);
        body = values.Written.ToArray();
        return setsType ? null : format.ContentType;
    }

    private static Mapper Compile(LocalReplyMapperConfig config, string path, Action<string, string> onError)
    {
        var filter = AccessLogFilter.TryCompile(config.Filter, out var error);
        if (filter is null)
            onError(path + ".filter", error);
        if (config.StatusCode is < 200 or > 599)
            onError(path + ".status_code", "must be 200 to 599");
        var errors = new List<RouteError>();
        var headers = HeaderMutations.Compile(config.HeadersToAdd, [], path + ".headers_to_add", "", errors);
        foreach (var wrong in errors)
            onError(wrong.Path, wrong.Message);
        var body = config.Body is { } bytes ? new ReadOnlyMemory<byte>(bytes.AsSpan().ToArray()) : default(ReadOnlyMemory<byte>?);
        return new Mapper(filter!, (int?)config.StatusCode, body, Compile(config.BodyFormatOverride, path + ".body_format_override", onError), headers)
        {
            SetsType = config.HeadersToAdd.Any(h => h.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase)),
        };
    }

    private static CompiledFormat? Compile(SubstitutionFormatConfig? config, string path, Action<string, string> onError)
    {
        if (config is null)
            return null;
        var format = CompiledFormat.TryCompile(config, out var error);
        if (format is null)
            onError(path, error);
        return format;
    }

    private sealed record Mapper(AccessLogFilter Filter, int? Status, ReadOnlyMemory<byte>? Body, CompiledFormat? Format, HeaderMutations Headers)
    {
        public bool SetsType { get; init; }
    }
}

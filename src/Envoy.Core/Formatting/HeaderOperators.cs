using System.Globalization;
using System.Net;
using System.Text;
using Envoy.Buffers;
using Envoy.Http;
using Envoy.Http.Headers;

namespace Envoy.Formatting;

/// <summary>Operators over the headers of requests and responses.</summary>
internal static class HeaderOperators
{
    // gRPC's status codes in their order (grpc's doc/statuscodes.md).
    private static readonly string[] GrpcCamel =
    [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
        "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ];

    private static readonly string[] GrpcSnake =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary><c>%GRPC_STATUS_NUMBER%</c>.</summary>
    public static FormatOperator GrpcStatusNumber { get; } = new(FormatKind.Number, static (context, output) =>
    {
        if (!TryGetGrpcStatus(context, out var status))
            return false;
        output.Append(status);
        return true;
    });

    /// <summary><c>X</c> or <c>X?Y</c>: the first value of X, else of Y.</summary>
    public static FormatOperator? Header(Func<FormatContext, HeaderMap?> map, string parameters, int? length, out string error)
    {
        if (!TryParseNames(parameters, out var first, out var second, out error))
            return null;
        return FormatOperator.Text((context, output) =>
        {
            if (map(context) is not { } headers || !TryFind(headers, first, second, out var value))
                return false;
            output.Append(Cut(value, length));
            return true;
        });
    }

    /// <summary><c>%REQ_WITHOUT_QUERY(X?Y)%</c>: as a request header, up to a question mark.</summary>
    public static FormatOperator? WithoutQuery(string parameters, int? length, out string error)
    {
        if (!TryParseNames(parameters, out var first, out var second, out error))
            return null;
        return FormatOperator.Text((context, output) =>
        {
            if (context.RequestHeaders is not { } headers || !TryFind(headers, first, second, out var value))
                return false;
            var mark = value.IndexOf((byte)'?');
            output.Append(Cut(mark < 0 ? value : value[..mark], length));
            return true;
        });
    }

    /// <summary><c>%PATH(X:Y)%</c>: with or without query; the original path, the present one, or the former before the latter.</summary>
    public static FormatOperator? Path(string parameters, int? length, out string error)
    {
        error = "";
        var colon = parameters.IndexOf(':', StringComparison.Ordinal);
        var query = colon < 0 ? parameters : parameters[..colon];
        var option = colon < 0 ? "" : parameters[(colon + 1)..];
        if (query is not ("" or "WQ" or "NQ"))
            error = $"Invalid PATH option: '{query}', only 'WQ'/'NQ' are allowed";
        else if (option is not ("" or "ORIG" or "PATH" or "ORIG_OR_PATH"))
            error = $"Invalid PATH option: '{option}', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed";
        if (error.Length > 0)
            return null;
        return FormatOperator.Text((context, output) =>
        {
            if (context.RequestHeaders is not { } headers)
                return false;
            var path = option == "PATH" ? headers.Get(HeaderId.Path) : headers.Get(HeaderId.XEnvoyOriginalPath);
            if (path.IsEmpty && option is "" or "ORIG_OR_PATH")
                path = headers.Get(HeaderId.Path);
            if (path.IsEmpty)
                return false;
            var mark = query == "NQ" ? path.IndexOf((byte)'?') : -1;
            output.Append(Cut(mark < 0 ? path : path[..mark], length));
            return true;
        });
    }

    /// <summary><c>%QUERY_PARAM(X)%</c>: a query parameter's first value, percent-decoded.</summary>
    public static FormatOperator QueryParameter(string name, int? length, out string error)
    {
        error = "";
        return FormatOperator.Text(context =>
        {
            if (context.PathText is not { } path)
                return null;
            var mark = path.IndexOf('?', StringComparison.Ordinal);
            if (mark < 0)
                return null;
            foreach (var pair in path[(mark + 1)..].Split('&'))
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                if (Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]) != name)
                    continue;
                var value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
                return length is { } most && value.Length > most ? value[..most] : value;
            }

            return null;
        });
    }

    /// <summary><c>%QUERY_PARAMS%</c>: the query as it came, or percent-decoded.</summary>
    public static FormatOperator? QueryParameters(string parameters, int? length, out string error)
    {
        error = parameters is "" or "ORIG" or "DECODED" ? "" : $"Invalid QUERY_PARAMS option: '{parameters}', only 'ORIG'/'DECODED' are allowed";
        if (error.Length > 0)
            return null;
        return FormatOperator.Text((context, output) =>
        {
            var path = context.RequestHeaders is { } headers ? headers.Get(HeaderId.Path) : default;
            var mark = path.IndexOf((byte)'?');
            if (mark < 0)
                return false;
            var query = path[(mark + 1)..];
            if (parameters == "DECODED")
                query = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(Encoding.UTF8.GetString(query)));
            output.Append(Cut(query, length));
            return true;
        });
    }

    /// <summary><c>%GRPC_STATUS(X)%</c>: the status of a gRPC response by name or number.</summary>
    public static FormatOperator? GrpcStatus(string parameters, int? length, out string error)
    {
        error = parameters is "" or "CAMEL_STRING" or "SNAKE_STRING" or "NUMBER" ? "" : "GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER.";
        if (error.Length > 0)
            return null;
        if (parameters == "NUMBER")
            return GrpcStatusNumber;
        var names = parameters == "SNAKE_STRING" ? GrpcSnake : GrpcCamel;
        return FormatOperator.Text((context, output) =>
        {
            if (!TryGetGrpcStatus(context, out var status))
                return false;
            if (status >= 0 && status < names.Length)
                output.Append(names[status]);
            else
                output.Append(status);
            return true;
        });
    }

    /// <summary>The first value of a header; false when there is none.</summary>
    public static bool WriteFirst(HeaderMap? headers, HeaderId id, ByteSink output)
    {
        if (headers is null || !headers.TryGet(id, out var value))
            return false;
        output.Append(value);
        return true;
    }

    /// <summary>The status of a gRPC exchange: its trailers' word, else its headers', else what its HTTP status stands for.</summary>
    public static bool TryGetGrpcStatus(FormatContext context, out long status)
    {
        status = 0;
        if (context.RequestHeaders is not { } request || !GrpcContentType.Is(request.Get(HeaderId.ContentType)))
            return false;
        if (context.ResponseTrailers?.TryGet(HeaderId.GrpcStatus, out var value) == true
            || context.ResponseHeaders?.TryGet(HeaderId.GrpcStatus, out value) == true)
        {
            // What is no number is no status of gRPC's.
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out status))
                status = -1;
            return true;
        }

        if (context.Info.ResponseCode == 0)
            return false;
        status = GrpcStatusMapping.FromHttp(context.Info.ResponseCode);
        return true;
    }

    private static bool TryFind(HeaderMap headers, HeaderName first, HeaderName? second, out ReadOnlySpan<byte> value) =>
        first.TryGet(headers, out value) || (second is { } other && other.TryGet(headers, out value));

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> value, int? length) => length is { } most && value.Length > most ? value[..most] : value;

    private static bool TryParseNames(string parameters, out HeaderName first, out HeaderName? second, out string error)
    {
        error = "";
        first = default;
        second = null;
        var names = parameters.Split('?');
        if (names.Length > 2)
        {
            error = $"More than 1 alternative header specified in token: {parameters}";
            return false;
        }

        foreach (var name in names)
        {
            foreach (var c in name.StartsWith(':') ? name.AsSpan(1) : name)
            {
                if (c < 128 && AsciiBytes.TokenLower[c] != 0)
                    continue;
                error = "Invalid header configuration. Format string contains invalid characters.";
                return false;
            }
        }

        first = new HeaderName(names[0]);
        second = names.Length == 2 && names[1].Length > 0 ? new HeaderName(names[1]) : null;
        return true;
    }
}

using System.Text;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>A <c>google.api.HttpRule</c>: how a method is asked for over HTTP. Immutable.</summary>
internal sealed record HttpRule
{
    /// <summary>The number of the method option <c>google.api.http</c>.</summary>
    public const int OptionNumber = 72295728;

    /// <summary>The HTTP method, <c>*</c>: any; empty: the rule has no pattern.</summary>
    public string Method { get; init; } = "";

    /// <summary>The path template.</summary>
    public string Template { get; init; } = "";

    /// <summary>Which field the body is: a path of names; <c>*</c> or empty: the request itself.</summary>
    public string Body { get; init; } = "";

    /// <summary>Which field of the response is sent; empty: all of it.</summary>
    public string ResponseBody { get; init; } = "";

    public IReadOnlyList<HttpRule> AdditionalBindings { get; init; } = [];

    public static bool TryRead(ReadOnlySpan<byte> bytes, out HttpRule rule) => TryRead(bytes, isAdditional: false, out rule);

    private static bool TryRead(ReadOnlySpan<byte> bytes, bool isAdditional, out HttpRule rule)
    {
        rule = new HttpRule();
        var additional = new List<HttpRule>();
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
            {
                if (!reader.TrySkip(number, type))
                    return false;
                continue;
            }

            if (!reader.TryReadBytes(out var value))
                return false;
            switch (number)
            {
                case >= 2 and <= 6:
                    string[] methods = ["GET", "PUT", "POST", "DELETE", "PATCH"];
                    rule = rule with { Method = methods[number - 2], Template = Encoding.UTF8.GetString(value) };
                    break;
                case 7:
                    rule = rule with { Body = Encoding.UTF8.GetString(value) };
                    break;
                case 8:
                    if (!TryReadCustom(value, out var kind, out var path))
                        return false;
                    rule = rule with { Method = kind, Template = path };
                    break;
                case 11:
                    // http.proto: additional bindings have none of their own.
                    if (isAdditional || !TryRead(value, isAdditional: true, out var inner))
                        return false;
                    additional.Add(inner);
                    break;
                case 12:
                    rule = rule with { ResponseBody = Encoding.UTF8.GetString(value) };
                    break;
                default:
                    break;
            }
        }

        rule = rule with { AdditionalBindings = additional };
        return !reader.IsBroken;
    }

    private static bool TryReadCustom(ReadOnlySpan<byte> bytes, out string kind, out string path)
    {
        kind = path = "";
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
            {
                if (!reader.TrySkip(number, type))
                    return false;
                continue;
            }

            if (!reader.TryReadBytes(out var value))
                return false;
            if (number == 1)
                kind = Encoding.UTF8.GetString(value);
            else if (number == 2)
                path = Encoding.UTF8.GetString(value);
        }

        return !reader.IsBroken;
    }
}

using System.Globalization;
using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>
/// Changes to the query of a path, compiled. As in Envoy the query is taken apart, decoded, changed, and written anew in the order of the
/// names, everything encoded that may be; that makes strings, a char for each byte, for requests that it is configured for. Immutable.
/// </summary>
internal sealed class QueryMutationList
{
    private readonly Step[] _steps;

    private QueryMutationList(Step[] steps) => _steps = steps;

    /// <summary>Compiles a list; null for an empty one.</summary>
    public static QueryMutationList? Compile(IReadOnlyList<QueryParameterMutationConfig> configs, Action<string, string> onError)
    {
        if (configs.Count == 0)
            return null;
        var steps = new Step[configs.Count];
        for (var i = 0; i < steps.Length; i++)
        {
            var config = configs[i];
            if (config.Key.Length == 0)
                onError($"query_parameter_mutations[{i}]", "needs a parameter's name");
            SubstitutionFormat? format = null;
            if (config.Value is { } value && (format = HeaderFormat.TryCompile(value, out var error)) is null)
                onError($"query_parameter_mutations[{i}].append.record.value", error);
            steps[i] = new Step(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(config.Key)), format, config.Action);
        }

        return new QueryMutationList(steps);
    }

    public void Apply(HeaderMap headers, FormatContext context, ByteSink values)
    {
        if (!headers.TryGet(HeaderId.Path, out var bytes))
            return;
        var path = Encoding.Latin1.GetString(bytes);
        var mark = path.IndexOf('?', StringComparison.Ordinal);
        var parameters = Parse(mark < 0 ? "" : path[(mark + 1)..]);
        foreach (var step in _steps)
            Change(parameters, step, context, values);
        headers.Set(HeaderId.Path, Encoding.Latin1.GetBytes((mark < 0 ? path : path[..mark]) + Write(parameters)));
    }

    private static void Change(SortedDictionary<string, List<string>> parameters, in Step step, FormatContext context, ByteSink values)
    {
        if (step.Format is not { } format)
        {
            parameters.Remove(step.Key);
            return;
        }

        values.Clear();
        format.Write(context, values);
        var value = Encoding.Latin1.GetString(values.Written);
        var exists = parameters.ContainsKey(step.Key);
        switch (step.Action)
        {
            case HeaderAppendAction.AppendIfExistsOrAdd:
            case HeaderAppendAction.AddIfAbsent when !exists:
                Add(parameters, step.Key, value);
                break;
            case HeaderAppendAction.OverwriteIfExistsOrAdd:
            case HeaderAppendAction.OverwriteIfExists when exists:
                parameters[step.Key] = [value];
                break;
        }
    }

    private static SortedDictionary<string, List<string>> Parse(string query)
    {
        var parameters = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            Add(parameters, Decode(equals < 0 ? part : part[..equals]), equals < 0 ? "" : Decode(part[(equals + 1)..]));
        }

        return parameters;
    }

    private static void Add(SortedDictionary<string, List<string>> parameters, string key, string value)
    {
        if (!parameters.TryGetValue(key, out var list))
            parameters.Add(key, list = []);
        list.Add(value);
    }

    private static string Write(SortedDictionary<string, List<string>> parameters)
    {
        var text = new StringBuilder();
        foreach (var (key, list) in parameters)
        {
            foreach (var value in list)
            {
                Encode(text.Append(text.Length == 0 ? '?' : '&'), key);
                Encode(text.Append('='), value);
            }
        }

        return text.ToString();
    }

    // Byte for byte: an escape need not be UTF-8 to be somebody's.
    private static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
            return text;
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                decoded.Append((char)byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                decoded.Append(text[i]);
            }
        }

        return decoded.ToString();
    }

    // RFC 3986 section 2.3: all but the unreserved.
    private static void Encode(StringBuilder to, string bytes)
    {
        foreach (var b in bytes)
        {
            if (char.IsAsciiLetterOrDigit(b) || b is '-' or '.' or '_' or '~')
                to.Append(b);
            else
                to.Append('%').Append(((byte)b).ToString("X2", CultureInfo.InvariantCulture));
        }
    }

    private readonly record struct Step(string Key, SubstitutionFormat? Format, HeaderAppendAction Action);
}

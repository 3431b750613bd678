using System.Text.RegularExpressions;

namespace Envoy.Formatting;

/// <summary>
/// The format of a header that a route adds: one whose operators have no value is not added. It also takes the two notations that headers
/// had for themselves before all formats became one.
/// </summary>
internal static partial class HeaderFormat
{
    [GeneratedRegex("""%(UPSTREAM|DYNAMIC)_METADATA\(\[((?:\s*"[^"\]]*"\s*,)*\s*"[^"\]]*"\s*)\]\)%""", RegexOptions.NonBacktracking)]
    private static partial Regex MetadataList { get; }

    [GeneratedRegex("""%PER_REQUEST_STATE\(([^)]+)\)%""", RegexOptions.NonBacktracking)]
    private static partial Regex RequestState { get; }

    /// <summary>Compiles a value; null, and why, when it is wrong.</summary>
    public static SubstitutionFormat? TryCompile(string value, out string error) => SubstitutionFormat.TryCompile(Translate(value), omitEmpty: true, out error);

    /// <summary>Spells <c>%…_METADATA(["a", "b"])%</c> and <c>%PER_REQUEST_STATE(x)%</c> as they are spelled today.</summary>
    internal static string Translate(string value)
    {
        if (!value.Contains('%', StringComparison.Ordinal))
            return value;
        value = MetadataList.Replace(value, static match =>
        {
            var keys = match.Groups[2].Value.Split(',').Select(k => k.Trim().Trim('"'));
            return $"%{match.Groups[1].Value}_METADATA({string.Join(':', keys)})%";
        });
        return RequestState.Replace(value, static match => $"%FILTER_STATE({match.Groups[1].Value}:PLAIN)%");
    }
}

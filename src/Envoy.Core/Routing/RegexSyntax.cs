using System.Text.RegularExpressions;

namespace Envoy.Routing;

/// <summary>Says at load what is wrong with a route's regular expression. Thread-safe.</summary>
internal static class RegexSyntax
{
    /// <summary>The engine that keeps RE2's promise: time linear in the input, so a client's path cannot stall a worker.</summary>
    public const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>What is wrong with <paramref name="pattern"/>, or null.</summary>
    public static string? Explain(string pattern)
    {
        // .NET would read [[:alpha:]] as a set of those very characters, silently.
        if (pattern.Contains("[:", StringComparison.Ordinal) && pattern.Contains(":]", StringComparison.Ordinal))
            return "POSIX classes such as [[:alpha:]] are not supported in regular expressions";
        try
        {
            _ = new Regex(pattern, Options);
            return null;
        }
        catch (ArgumentException e)
        {
            return "is not a regular expression: " + e.Message;
        }
        catch (NotSupportedException)
        {
            return "is not an RE2 expression: it needs look-around, back-references or atomic groups";
        }
    }
}

using System.Text;
using Envoy.Buffers;

namespace Envoy.Matching;

/// <summary>A new path made of text and of what a <see cref="PathTemplate"/>'s variables stood for. Immutable.</summary>
internal sealed class PathTemplateRewrite
{
    private readonly PathTemplate _template;
    private readonly Part[] _parts;

    private PathTemplateRewrite(PathTemplate template, Part[] parts)
    {
        _template = template;
        _parts = parts;
    }

    /// <summary>Parses a rewrite for paths of <paramref name="template"/>; null, and why in Envoy's words, when it is wrong.</summary>
    public static PathTemplateRewrite? TryParse(string source, PathTemplate template, out string error)
    {
        error = "";
        var parts = new List<Part>();
        if (source.Length == 0 || source[0] != '/')
            error = Invalid("Invalid rewrite variable placement");
        else if (source.Contains("//", StringComparison.Ordinal))
            error = Invalid("Invalid rewrite literal");
        var rest = source.AsSpan();
        while (error.Length == 0 && rest.Length > 0)
        {
            var open = rest.IndexOf('{');
            var literal = open < 0 ? rest : rest[..open];
            if (literal.Length > 0)
            {
                if (!PathTemplate.IsRewriteLiteral(literal))
                    error = Invalid("Invalid rewrite literal pattern");
                parts.Add(new Part(Encoding.UTF8.GetBytes(literal.ToString()), ""));
            }

            if (open < 0 || error.Length > 0)
                break;
            rest = rest[(open + 1)..];
            var close = rest.IndexOf('}');
            if (close < 0)
            {
                error = Invalid("Unmatched variable bracket");
                break;
            }

            var name = rest[..close];
            rest = rest[(close + 1)..];
            if (!PathTemplate.IsVariableName(name))
                error = Invalid("Invalid variable name");
            else if (!template.Variables.Contains(name.ToString()))
                error = $"mismatch between variables in path_match_policy {template.Source} and path_rewrite_policy {source}";
            parts.Add(new Part([], name.ToString()));
        }

        return error.Length == 0 ? new PathTemplateRewrite(template, [.. parts]) : null;

        string Invalid(string why) => $"path_rewrite_policy.path_template_rewrite {source} is invalid: {why}";
    }

    /// <summary>Appends the new path of <paramref name="path"/>, which the template must match; what variables stand for costs strings.</summary>
    public void Write(ReadOnlySpan<byte> path, MatchScratch scratch, ByteSink output)
    {
        var match = scratch.Full(_template.Pattern).Match(scratch.Spell(path).ToString());
        if (!match.Success)
            return;
        foreach (var part in _parts)
        {
            if (part.Variable.Length == 0)
                output.Append(part.Text);
            else
                output.Append(match.Groups[part.Variable].ValueSpan);
        }
    }

    private readonly record struct Part(byte[] Text, string Variable);
}

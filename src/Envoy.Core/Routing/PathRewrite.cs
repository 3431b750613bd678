using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>What the path becomes, compiled: a prefix, every match of an expression, a template or a format. The query stays. Immutable.</summary>
internal sealed class PathRewrite
{
    private readonly byte[] _prefix;
    private readonly RegexPattern? _pattern;
    private readonly RegexSubstitution? _substitution;
    private readonly PathTemplateRewrite? _template;
    private readonly SubstitutionFormat? _format;

    private PathRewrite(byte[] prefix, RegexPattern? pattern, RegexSubstitution? substitution, PathTemplateRewrite? template, SubstitutionFormat? format)
    {
        _prefix = prefix;
        _pattern = pattern;
        _substitution = substitution;
        _template = template;
        _format = format;
    }

    /// <summary>Compiles a forwarding route's rewrite; null: it has none, or a wrong one.</summary>
    public static PathRewrite? Compile(ForwardActionConfig config, PathCondition condition, string path, ICollection<RouteError> errors)
    {
        var count = (config.PrefixRewrite.Length > 0 ? 1 : 0) + (config.RegexRewrite is null ? 0 : 1)
            + (config.PathTemplateRewrite.Length > 0 ? 1 : 0) + (config.PathRewrite.Length > 0 ? 1 : 0);
        if (count == 0)
            return null;
        if (count > 1)
        {
            errors.Add(new RouteError(path, "Specify only one of prefix_rewrite, regex_rewrite or path_rewrite_policy"));
            return null;
        }

        if (config.PrefixRewrite.Length > 0)
        {
            if (condition.Kind == PathCondition.PathKind.Template)
                errors.Add(new RouteError(path + ".prefix_rewrite", "Cannot use prefix_rewrite with matcher extension"));
            CheckText(config.PrefixRewrite, path + ".prefix_rewrite", errors);
            return OfPrefix(config.PrefixRewrite);
        }

        if (config.RegexRewrite is { } regex)
            return OfRegex(regex, path + ".regex_rewrite", errors);
        if (config.PathRewrite.Length > 0)
        {
            var format = SubstitutionFormat.TryCompile(config.PathRewrite, omitEmpty: true, out var wrong);
            if (format is null)
                errors.Add(new RouteError(path + ".path_rewrite", "Failed to create path rewrite formatter: " + wrong));
            return new PathRewrite([], null, null, null, format);
        }

        if (condition.Template is null)
        {
            errors.Add(new RouteError(path + ".path_rewrite_policy", "unable to use uri_template rewriter without uri_template matcher"));
            return null;
        }

        var template = PathTemplateRewrite.TryParse(config.PathTemplateRewrite, condition.Template, out var error);
        if (template is null)
            errors.Add(new RouteError(path + ".path_rewrite_policy", error));
        return new PathRewrite([], null, null, template, null);
    }

    public static PathRewrite OfPrefix(string prefix) => new(Encoding.UTF8.GetBytes(prefix), null, null, null, null);

    public static PathRewrite OfRegex(RegexMatchAndSubstituteConfig config, string path, ICollection<RouteError> errors)
    {
        var (pattern, substitution) = CompileRegex(config, path, errors);
        return new PathRewrite([], pattern, substitution, null, null);
    }

    /// <summary>Compiles a pattern and what takes the place of its matches.</summary>
    public static (RegexPattern? Pattern, RegexSubstitution? Substitution) CompileRegex(RegexMatchAndSubstituteConfig config, string path, ICollection<RouteError> errors)
    {
        var pattern = RegexPattern.TryCompile(config.Pattern, out var error);
        if (pattern is null)
        {
            errors.Add(new RouteError(path + ".pattern", error));
            return default;
        }

        var substitution = RegexSubstitution.TryParse(config.Substitution, pattern, out error);
        if (substitution is null)
            errors.Add(new RouteError(path + ".substitution", error));
        CheckText(config.Substitution, path + ".substitution", errors);
        return (pattern, substitution);
    }

    /// <summary>Writes the new path, with the query; false: it stays (Envoy's answer also to a rewrite that yields nothing).</summary>
    /// <param name="condition">The route's condition: a prefix takes the place of what it matched.</param>
    /// <param name="headers">The request.</param>
    /// <param name="context">What a format is filled from.</param>
    /// <param name="scratch">Room for patterns.</param>
    /// <param name="output">The new path; its content before is lost.</param>
    public bool TryWrite(PathCondition condition, HeaderMap headers, FormatContext? context, MatchScratch scratch, ByteSink output)
    {
        output.Clear();
        var path = headers.Get(HeaderId.Path);
        var bare = RouteMatcher.WithoutQuery(path);
        if (_prefix.Length > 0)
        {
            output.Append(_prefix);

            // A filter may have changed the path without asking for its route anew.
            output.Append(path[Math.Min(condition.MatchedLength(bare), bare.Length)..]);
            return true;
        }

        if (_pattern is not null)
            _pattern.ReplaceAll(bare, _substitution!, scratch, output);
        else if (_template is not null)
            _template.Write(bare, scratch, output);
        else
            _format?.Write(context!, output);
        if (output.Length == 0)
            return false;
        output.Append(path[bare.Length..]);
        return true;
    }

    internal static void CheckText(string text, string path, ICollection<RouteError> errors)
    {
        if (text.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0)
            errors.Add(new RouteError(path, "value does not match regex pattern: it must not hold NUL, CR or LF"));
    }
}

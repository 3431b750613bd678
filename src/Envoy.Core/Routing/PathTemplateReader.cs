using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads the two extensions that match and rewrite a path by template: <c>envoy.path.match.uri_template</c> and <c>envoy.path.rewrite.uri_template</c>. Thread-safe.</summary>
internal static class PathTemplateReader
{
    private const string MatchType = "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
    private const string RewriteType = "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig";

    private static readonly FieldTable<PathTemplateMatchConfig> Match = new FieldTable<PathTemplateMatchConfig>(MatchType, new PathTemplateMatchConfig(""))
        .Text("path_template", m => m.Template, (m, v) => m with { Template = v }, required: true)
        .Check((match, node, context) =>
        {
            if (match.Template.Length > 0 && PathTemplate.TryParse(match.Template, out var error) is null)
                context.Error(node.Find("path_template") ?? node, $"path_match_policy.path_template {match.Template} is invalid: {error}");
        });

    private static readonly FieldTable<Rewrite> RewriteFields = new FieldTable<Rewrite>(RewriteType, new Rewrite())
        .Text("path_template_rewrite", r => r.Template, (r, v) => r with { Template = v }, required: true);

    public static bool TryReadMatch(ConfigNode node, ConfigReadContext context, out PathTemplateMatchConfig value)
    {
        value = null!;
        if (!TryReadPolicy(node, context, MatchType, "path matcher", out var message))
            return false;
        value = Match.Read(message, context);
        return true;
    }

    public static bool TryReadRewrite(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = "";
        if (!TryReadPolicy(node, context, RewriteType, "path rewriter", out var message))
            return false;
        value = RewriteFields.Read(message, context).Template;
        return value.Length > 0;
    }

    private static bool TryReadPolicy(ConfigNode node, ConfigReadContext context, string wanted, string noun, out ConfigNode message)
    {
        if (!TypedExtensionReader.TryRead(node, context, out var type, out message, out var typed))
            return false;
        if (type == wanted)
            return true;
        context.Error(typed, $"'{type}' is no {noun} of this version", "supported: " + wanted, ConfigErrorKind.NotSupported);
        return false;
    }

    private sealed record Rewrite
    {
        public string Template { get; init; } = "";
    }
}

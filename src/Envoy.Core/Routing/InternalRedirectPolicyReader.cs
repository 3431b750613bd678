using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.InternalRedirectPolicy</c>. Thread-safe.</summary>
internal static class InternalRedirectPolicyReader
{
    private static readonly FieldTable<Routes> AllowListed = new FieldTable<Routes>(
            "envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig", new Routes())
        .List("allowed_route_names", "string", r => r.Names, (r, v) => r with { Names = v }, FieldKinds.ReadNonEmpty);

    public static readonly FieldTable<InternalRedirectPolicyConfig> Fields = new FieldTable<InternalRedirectPolicyConfig>(
            "envoy.config.route.v3.InternalRedirectPolicy", new InternalRedirectPolicyConfig())
        .Number("max_internal_redirects", p => p.MaxInternalRedirects, (p, v) => p with { MaxInternalRedirects = v })
        .List("redirect_response_codes", "uint32", p => p.RedirectResponseCodes, (p, v) => p with { RedirectResponseCodes = v }, ReadStatus)
        .List("predicates", "TypedExtensionConfig", p => p.Predicates, (p, v) => p with { Predicates = v }, ReadPredicate)
        .Bool("allow_cross_scheme_redirect", p => p.AllowCrossSchemeRedirect, (p, v) => p with { AllowCrossSchemeRedirect = v })
        .List("response_headers_to_copy", "string", p => p.ResponseHeadersToCopy, (p, v) => p with { ResponseHeadersToCopy = v }, ReadHeader)
        .NotYet("redirect_url_rewrite_regex");

    private static bool ReadStatus(ConfigNode node, ConfigReadContext context, out int value)
    {
        var right = ConfigValues.ReadInteger(node, context, 0, uint.MaxValue, out var number);
        value = (int)Math.Min(number, int.MaxValue);
        return right;
    }

    private static bool ReadHeader(ConfigNode node, ConfigReadContext context, out string value)
    {
        if (!RouteActionReader.ReadHeaderName(node, context, out value))
            return false;
        if (value[0] != ':' && !string.Equals(value, "host", StringComparison.OrdinalIgnoreCase))
            return true;
        context.Error(node, ":-prefixed headers or Hosts may not be specified here.");
        return false;
    }

    private static bool ReadPredicate(ConfigNode node, ConfigReadContext context, out InternalRedirectPredicateConfig value)
    {
        value = null!;
        if (!TypedExtensionReader.TryRead(node, context, out var type, out var message, out var typed))
            return false;
        switch (type)
        {
            case "envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig":
                value = new AllowListedRoutesConfig(AllowListed.Read(message, context).Names);
                return true;
            case "envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig":
                value = new PreviousRoutesConfig();
                return true;
            case "envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig":
                value = new SafeCrossSchemeConfig();
                return true;
            default:
                context.Error(typed, $"no internal redirect predicate is configured by '{type}'", kind: ConfigErrorKind.Unknown);
                return false;
        }
    }

    private sealed record Routes
    {
        public ValueList<string> Names { get; init; } = [];
    }
}

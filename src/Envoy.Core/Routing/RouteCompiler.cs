using System.Text;

namespace Envoy.Routing;

/// <summary>Turns routes from what was asked for into what is matched, and collects what is wrong. Immutable.</summary>
internal static class RouteCompiler
{
    // Envoy's default of max_direct_response_body_size_bytes.
    private const int MaxDirectResponseBody = 4096;

    /// <summary>Compiles one virtual host; its regular expressions are appended to <paramref name="patterns"/>.</summary>
    public static VirtualHost CompileVirtualHost(
        VirtualHostConfig config, string path, List<string> patterns, ICollection<RouteError> errors)
    {
        if (config.Name.Length == 0)
            errors.Add(new RouteError(path + ".name", "a virtual host needs a name"));
        if (config.Domains.Count == 0)
            errors.Add(new RouteError(path + ".domains", "a virtual host needs at least one domain"));

        var host = new VirtualHost(config.Name);
        var routes = new Route[config.Routes.Count];
        for (var i = 0; i < routes.Length; i++)
            routes[i] = CompileRoute(config.Routes[i], host, $"{path}.routes[{i}]", patterns, errors);
        host.RouteArray = routes;
        return host;
    }

    private static Route CompileRoute(
        RouteConfig config, VirtualHost host, string path, List<string> patterns, ICollection<RouteError> errors)
    {
        var ignoresCase = !config.Match.CaseSensitive;
        var condition = Route.PathCondition.Regex;
        var text = "";
        var regexIndex = -1;
        switch (config.Match.Path)
        {
            case PrefixMatchConfig prefix:
                condition = ignoresCase ? Route.PathCondition.PrefixIgnoreCase : Route.PathCondition.Prefix;
                text = prefix.Prefix;
                CheckPath(text, path + ".match.prefix", errors);
                break;
            case ExactPathMatchConfig exact:
                condition = ignoresCase ? Route.PathCondition.ExactIgnoreCase : Route.PathCondition.Exact;
                text = exact.Path;
                CheckPath(text, path + ".match.path", errors);
                break;
            case RegexMatchConfig regex:
                regexIndex = AddRegex(regex.Regex, path + ".match.safe_regex", patterns, errors);
                break;
            default:
                errors.Add(new RouteError(path + ".match", "a route needs prefix, path or safe_regex"));
                break;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        if (ignoresCase)
        {
            foreach (ref var b in bytes.AsSpan())
                b = Http.AsciiBytes.ToLower(b);
        }

        return new Route(host, config.Name, CompileAction(config.Action, path, errors), condition, bytes, regexIndex);
    }

    // Conditions see the path without query and fragment, so one that asks for them can never hold.
    private static void CheckPath(string text, string path, ICollection<RouteError> errors)
    {
        if (text.AsSpan().IndexOfAny('?', '#') >= 0)
            errors.Add(new RouteError(path, "a path condition sees no query and no fragment, and must not hold '?' or '#'"));
        CheckText(text, path, errors);
    }

    private static int AddRegex(string regex, string path, List<string> patterns, ICollection<RouteError> errors)
    {
        var pattern = Re2Pattern.Translate(regex, out var error);
        if (pattern is null)
        {
            errors.Add(new RouteError(path, error!));
            return -1;
        }

        patterns.Add(pattern);
        return patterns.Count - 1;
    }

    private static RouteAction CompileAction(RouteActionConfig config, string path, ICollection<RouteError> errors)
    {
        switch (config)
        {
            case ForwardActionConfig forward:
                if (forward.Cluster.Length == 0)
                    errors.Add(new RouteError(path + ".route.cluster", "a cluster's name must not be empty"));
                CheckTime(forward.Timeout, path + ".route.timeout", errors);
                CheckTime(forward.IdleTimeout, path + ".route.idle_timeout", errors);
                return new ForwardAction(forward);
            case RedirectActionConfig redirect:
                CheckRedirect(redirect, path + ".redirect", errors);
                return new RedirectAction(redirect);
            case DirectResponseActionConfig direct:
                if (direct.Status is < 200 or > 599)
                    errors.Add(new RouteError(path + ".direct_response.status", $"{direct.Status} is not within 200 to 599"));
                var size = Encoding.UTF8.GetByteCount(direct.Body);
                if (size > MaxDirectResponseBody)
                {
                    errors.Add(new RouteError(
                        path + ".direct_response.body", $"response body size is {size} bytes; maximum is {MaxDirectResponseBody}"));
                }

                return new DirectResponseAction(direct);
            default:
                errors.Add(new RouteError(path, "a route needs an action: route, redirect or direct_response"));
                return new DirectResponseAction(new DirectResponseActionConfig(500));
        }
    }

    private static void CheckRedirect(RedirectActionConfig config, string path, ICollection<RouteError> errors)
    {
        if (config.HttpsRedirect && config.SchemeRedirect.Length > 0)
            errors.Add(new RouteError(path, "https_redirect and scheme_redirect exclude each other"));
        if (config.PathRedirect.Length > 0 && config.PrefixRewrite.Length > 0)
            errors.Add(new RouteError(path, "path_redirect and prefix_rewrite exclude each other"));
        if (config.PortRedirect is < 0 or > 65535)
            errors.Add(new RouteError(path + ".port_redirect", $"{config.PortRedirect} is not within 0 to 65535"));
        if (!Enum.IsDefined(config.ResponseCode))
            errors.Add(new RouteError(path + ".response_code", $"{(int)config.ResponseCode} is no redirect status"));
        CheckText(config.SchemeRedirect, path + ".scheme_redirect", errors);
        CheckText(config.HostRedirect, path + ".host_redirect", errors);
        CheckText(config.PathRedirect, path + ".path_redirect", errors);
        CheckText(config.PrefixRewrite, path + ".prefix_rewrite", errors);
    }

    private static void CheckText(string text, string path, ICollection<RouteError> errors)
    {
        if (text.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0)
            errors.Add(new RouteError(path, "must not hold NUL, CR or LF"));
    }

    private static void CheckTime(TimeSpan? time, string path, ICollection<RouteError> errors)
    {
        if (time < TimeSpan.Zero)
            errors.Add(new RouteError(path, "must not be negative"));
    }
}

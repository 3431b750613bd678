using System.Text;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Turns a route table from what was asked for into what is matched, and collects what is wrong. Used by one thread.</summary>
internal sealed class RouteCompiler
{
    private readonly RouteConfiguration _table;
    private readonly ICollection<RouteError> _errors;
    private readonly HeaderMutations _tableRequest;
    private readonly HeaderMutations _tableResponse;
    private readonly RouteFilterSet? _tableFilters;
    private readonly RequestMirror[] _tableMirrors;

    public RouteCompiler(RouteConfiguration table, ICollection<RouteError> errors)
    {
        _table = table;
        _errors = errors;
        (_tableRequest, _tableResponse) = CompileMutations(table.Headers, "");
        _tableFilters = RouteFilterSet.Compile(table.FilterOptions, null, "", errors);
        _tableMirrors = CompileMirrors(table.RequestMirrorPolicies, "request_mirror_policies");
    }

    /// <summary>Compiles one virtual host.</summary>
    public VirtualHost CompileVirtualHost(VirtualHostConfig config, string path)
    {
        if (config.Name.Length == 0)
            Error(path + ".name", "a virtual host needs a name");
        if (config.Domains.Count == 0)
            Error(path + ".domains", "a virtual host needs at least one domain");

        var host = new VirtualHost(config);
        var (request, response) = CompileMutations(config.Headers, path + ".");
        var filters = RouteFilterSet.Compile(config.FilterOptions, _tableFilters, path, _errors);
        var retry = config.RetryPolicy is { } policy ? RetryPolicy.Compile(policy, path + ".retry_policy", _errors) : null;
        var mirrors = config.RequestMirrorPolicies.Count > 0 ? CompileMirrors(config.RequestMirrorPolicies, path + ".request_mirror_policies") : _tableMirrors;
        var routes = new Route[config.Routes.Count];
        for (var i = 0; i < routes.Length; i++)
            routes[i] = CompileRoute(config.Routes[i], host, i, $"{path}.routes[{i}]", new Level(request, response, filters, retry, config.HedgePolicy, mirrors));
        host.RouteArray = routes;
        if (routes.Length > RouteIndex.LeastRoutes)
            host.Index = new RouteIndex(routes);
        host.VirtualClusters = CompileVirtualClusters(config, path);
        if (config.RequireTls != TlsRequirement.None)
        {
            var redirect = new RedirectAction(new RedirectActionConfig { HttpsRedirect = true }, null);
            var any = PathCondition.Compile(new RouteMatchConfig { Path = new PrefixMatchConfig("") }, path, _errors);
            host.TlsRedirect = new Route(host, "", any, redirect) { FilterOptions = filters };
        }

        return host;
    }

    private Route CompileRoute(RouteConfig config, VirtualHost host, int index, string path, Level above)
    {
        var condition = PathCondition.Compile(config.Match, path + ".match", _errors);
        var (request, response) = CompileMutations(config.Headers, path + ".");
        var filters = RouteFilterSet.Compile(config.FilterOptions, above.Filters, path, _errors);
        if (config.Action is ForwardActionConfig { Cors.Count: > 0 } forward)
            filters = RouteFilterSet.Compile(forward.Cors, filters, path + ".route", _errors);
        return new Route(host, config.Name, condition, CompileAction(config, condition, path, above, filters))
        {
            Index = index,
            Fraction = config.Match.RuntimeFraction,
            GrpcOnly = config.Match.Grpc,
            Headers = HeaderMatcherSet.Compile(config.Match.Headers, (i, error) => Error($"{path}.match.headers[{i}]", error)),
            QueryParameters = QueryParameterMatcherSet.Compile(config.Match.QueryParameters, (i, error) => Error($"{path}.match.query_parameters[{i}]", error)),
            Cookies = CookieMatcherSet.Compile(config.Match.Cookies, (i, error) => Error($"{path}.match.cookies[{i}]", error)),
            TlsContext = config.Match.TlsContext,
            NeedsFilterState = config.Match.FilterStateKeys.Count > 0,
            RequestMutations = Order(request, above.Request, _tableRequest),
            ResponseMutations = Order(response, above.Response, _tableResponse),
            FilterOptions = filters,
            BodyBufferLimit = config.RequestBodyBufferLimit ?? host.Config.RequestBodyBufferLimit,
            StatPrefix = config.StatPrefix,
        };
    }

    private RouteAction CompileAction(RouteConfig route, PathCondition condition, string path, Level above, RouteFilterSet? filters)
    {
        switch (route.Action)
        {
            case ForwardActionConfig forward:
                return CompileForward(forward, condition, path + ".route", above, filters, route.Name);
            case RedirectActionConfig redirect:
                CheckRedirect(redirect, path + ".redirect");
                var rewrite = redirect.PrefixRewrite.Length > 0 ? PathRewrite.OfPrefix(redirect.PrefixRewrite)
                    : redirect.RegexRewrite is { } regex ? PathRewrite.OfRegex(regex, path + ".redirect.regex_rewrite", _errors)
                    : null;
                return new RedirectAction(redirect, rewrite);
            case DirectResponseActionConfig direct:
                return CompileDirectResponse(direct, path + ".direct_response");
            case NonForwardingActionConfig:
                return new NonForwardingAction();
            default:
                Error(path, "a route needs an action: route, redirect, direct_response or non_forwarding_action");
                return new NonForwardingAction();
        }
    }

    private static bool IsConnect(string upgradeType) => upgradeType.Equals("CONNECT", StringComparison.OrdinalIgnoreCase);

    private ForwardAction CompileForward(ForwardActionConfig config, PathCondition condition, string path, Level above, RouteFilterSet? filters, string routeName)
    {
        var ways = (config.Cluster.Length > 0 ? 1 : 0) + (config.ClusterHeader.Length > 0 ? 1 : 0) + (config.WeightedClusters is null ? 0 : 1);
        if (ways != 1)
            Error(path, ways == 0 ? "a route needs cluster, cluster_header or weighted_clusters" : "cluster, cluster_header and weighted_clusters exclude each other");
        CheckTime(config.Timeout, path + ".timeout");
        CheckTime(config.IdleTimeout, path + ".idle_timeout");
        var mirrors = config.RequestMirrorPolicies.Count > 0 ? CompileMirrors(config.RequestMirrorPolicies, path + ".request_mirror_policies") : above.Mirrors;
        var upgrades = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var upgrade in config.UpgradeConfigs)
        {
            if (!upgrades.Add(upgrade.UpgradeType))
                Error(path + ".upgrade_configs", $"Duplicate upgrade {upgrade.UpgradeType}");
            if (upgrade.Connect is not null && !IsConnect(upgrade.UpgradeType) && !upgrade.UpgradeType.Equals("CONNECT-UDP", StringComparison.OrdinalIgnoreCase))
                Error(path + ".upgrade_configs", $"Non-CONNECT upgrade type {upgrade.UpgradeType} has ConnectConfig");
        }

        return new ForwardAction(config)
        {
            Connect = config.UpgradeConfigs.FirstOrDefault(u => IsConnect(u.UpgradeType))?.Connect,
            ClusterHeader = config.ClusterHeader.Length == 0 ? null : new HeaderName(config.ClusterHeader),
            Weighted = config.WeightedClusters is { } weighted ? CompileWeighted(weighted, path + ".weighted_clusters", filters, routeName) : null,
            PathRewrite = PathRewrite.Compile(config, condition, path, _errors),
            HostRewrite = HostRewrite.Compile(config.HostRewrite, path, _errors),
            Retry = config.RetryPolicy is { } retry ? RetryPolicy.Compile(retry, path + ".retry_policy", _errors) : above.Retry,
            Hedge = config.HedgePolicy ?? above.Hedge,
            Mirrors = mirrors,
            Hash = HashPolicy.Compile(config.HashPolicies, path, _errors),
            Redirects = config.InternalRedirectPolicy is { } redirects ? CompileRedirects(redirects, path) : null,
        };
    }

    private WeightedClusters CompileWeighted(WeightedClustersConfig config, string path, RouteFilterSet? filters, string routeName)
    {
        var clusters = new WeightedCluster[config.Clusters.Count];
        ulong total = 0;
        for (var i = 0; i < clusters.Length; i++)
        {
            var cluster = config.Clusters[i];
            var at = $"{path}.clusters[{i}]";
            if (cluster.Name.Length > 0 == cluster.ClusterHeader.Length > 0)
            {
                Error(at, cluster.Name.Length == 0 ? "At least one of name or cluster_header need to be specified" : "Only one of name or cluster_header can be specified");
            }

            var (request, response) = CompileMutations(cluster.Headers, at + ".");
            PathRewrite.CheckText(cluster.HostRewriteLiteral, at + ".host_rewrite_literal", _errors);
            clusters[i] = new WeightedCluster(cluster)
            {
                Header = cluster.ClusterHeader.Length == 0 ? null : new HeaderName(cluster.ClusterHeader),
                RequestMutations = request.IsEmpty ? null : request,
                ResponseMutations = response.IsEmpty ? null : response,
                HostRewrite = Encoding.UTF8.GetBytes(cluster.HostRewriteLiteral),
                FilterOptions = RouteFilterSet.Compile(cluster.FilterOptions, filters, at, _errors),
                RuntimeKey = config.RuntimeKeyPrefix.Length == 0 ? "" : config.RuntimeKeyPrefix + "." + cluster.Name,
            };
            total += cluster.Weight;
        }

        if (total > uint.MaxValue)
            Error(path, $"The sum of weights of all weighted clusters of route {routeName} exceeds {uint.MaxValue}");
        else if (total == 0)
            Error(path, "Sum of weights in the weighted_cluster must be greater than 0.");
        var header = config.RandomValueHeader.Length == 0 ? (HeaderName?)null : new HeaderName(config.RandomValueHeader);
        return new WeightedClusters(clusters, header, config.UseHashPolicy, config.RuntimeKeyPrefix.Length > 0);
    }

    private InternalRedirects CompileRedirects(InternalRedirectPolicyConfig config, string path)
    {
        foreach (var header in config.ResponseHeadersToCopy)
        {
            if (!HeaderName.IsModifiable(header))
                Error(path + ".internal_redirect_policy.response_headers_to_copy", ":-prefixed headers or Hosts may not be specified here.");
        }

        return new InternalRedirects(config);
    }

    private DirectResponseAction CompileDirectResponse(DirectResponseActionConfig config, string path)
    {
        if (config.Status is < 200 or > 599)
            Error(path + ".status", $"{config.Status} is not within 200 to 599");
        var size = Encoding.UTF8.GetByteCount(config.Body);
        if (size > _table.MaxDirectResponseBodySizeBytes)
            Error(path + ".body", $"response body size is {size} bytes; maximum is {_table.MaxDirectResponseBodySizeBytes}");
        CompiledFormat? format = null;
        if (config.BodyFormat is { } wanted && (format = CompiledFormat.TryCompile(wanted, out var error)) is null)
            Error(path + ".body_format", error);
        return new DirectResponseAction(config, format);
    }

    private VirtualCluster[] CompileVirtualClusters(VirtualHostConfig config, string path)
    {
        if (config.VirtualClusters.Count == 0)
            return [];
        var clusters = new List<VirtualCluster>();
        for (var i = 0; i < config.VirtualClusters.Count; i++)
        {
            var cluster = config.VirtualClusters[i];
            var at = $"{path}.virtual_clusters[{i}]";
            if (cluster.Headers.Count == 0)
                Error(at, "virtual clusters must define 'headers'");
            var headers = HeaderMatcherSet.Compile(cluster.Headers, (h, error) => Error($"{at}.headers[{h}]", error));
            clusters.Add(new VirtualCluster(cluster.Name, headers, i));
        }

        clusters.Add(new VirtualCluster("other", null, clusters.Count));
        return [.. clusters];
    }

    private RequestMirror[] CompileMirrors(ValueList<RequestMirrorPolicyConfig> configs, string path)
    {
        for (var i = 0; i < configs.Count; i++)
        {
            if (configs[i].Cluster.Length > 0 == configs[i].ClusterHeader.Length > 0)
                Error($"{path}[{i}]", "Exactly one of cluster or cluster_header in request mirror policy need to be specified");
        }

        return configs.Select(c => new RequestMirror(c)).ToArray();
    }

    private (HeaderMutations Request, HeaderMutations Response) CompileMutations(HeaderMutationsConfig config, string prefix) => (
        HeaderMutations.Compile(config.RequestHeadersToAdd, config.RequestHeadersToRemove, prefix + "request_headers_to_add", prefix + "request_headers_to_remove", _errors),
        HeaderMutations.Compile(config.ResponseHeadersToAdd, config.ResponseHeadersToRemove, prefix + "response_headers_to_add", prefix + "response_headers_to_remove", _errors));

    /// <summary>The levels in the order in which they run, without those that change nothing.</summary>
    private HeaderMutations[] Order(HeaderMutations route, HeaderMutations host, HeaderMutations table)
    {
        HeaderMutations[] levels = _table.MostSpecificHeaderMutationsWins ? [table, host, route] : [route, host, table];
        return Array.FindAll(levels, l => !l.IsEmpty);
    }

    private void CheckRedirect(RedirectActionConfig config, string path)
    {
        if (config.HttpsRedirect && config.SchemeRedirect.Length > 0)
            Error(path, "https_redirect and scheme_redirect exclude each other");
        if ((config.PathRedirect.Length > 0 ? 1 : 0) + (config.PrefixRewrite.Length > 0 ? 1 : 0) + (config.RegexRewrite is null ? 0 : 1) > 1)
            Error(path, "path_redirect, prefix_rewrite and regex_rewrite exclude each other");
        if (config.PortRedirect is < 0 or > 65535)
            Error(path + ".port_redirect", $"{config.PortRedirect} is not within 0 to 65535");
        if (!Enum.IsDefined(config.ResponseCode))
            Error(path + ".response_code", $"{(int)config.ResponseCode} is no redirect status");
        PathRewrite.CheckText(config.SchemeRedirect, path + ".scheme_redirect", _errors);
        PathRewrite.CheckText(config.HostRedirect, path + ".host_redirect", _errors);
        PathRewrite.CheckText(config.PathRedirect, path + ".path_redirect", _errors);
        PathRewrite.CheckText(config.PrefixRewrite, path + ".prefix_rewrite", _errors);
    }

    private void CheckTime(TimeSpan? time, string path)
    {
        if (time < TimeSpan.Zero)
            Error(path, "must not be negative");
    }

    private void Error(string path, string message) => _errors.Add(new RouteError(path, message));

    /// <summary>What a route inherits from its virtual host.</summary>
    private sealed record Level(HeaderMutations Request, HeaderMutations Response, RouteFilterSet? Filters, RetryPolicy? Retry, HedgePolicyConfig? Hedge, RequestMirror[] Mirrors);
}

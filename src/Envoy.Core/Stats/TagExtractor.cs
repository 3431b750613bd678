namespace Envoy.Stats;

/// <summary>
/// Takes the variable parts out of a statistic's name: Envoy's default tags (its <c>well_known_names.cc</c>; dynamodb's are left out, that
/// filter is not ours). Every rule looks at the whole name; what they found is cut out at the end, so their order only decides the order
/// of the tags: first the rules that Envoy cannot file under a first word, then those of the name's first word. Immutable.
/// </summary>
internal static class TagExtractor
{
    private const string HttpPrefix = "envoy.http_conn_manager_prefix";

    /// <summary>Rules that apply whatever the first word is.</summary>
    private static readonly TagRule[] Common =
    [
        new("envoy.response_code", TagMatchers.ResponseCode),
        new("envoy.response_code_class", TagMatchers.ResponseCodeClass),
        new("envoy.ssl_curve", static name => TagMatchers.Tls(name, ".ssl.curves.")),
        new("envoy.ssl_sigalg", static name => TagMatchers.Tls(name, ".ssl.sigalgs.")),
        new("envoy.ssl_version", TagMatchers.TlsVersion),
        new("envoy.worker_id", TagMatchers.Worker),
        new("envoy.tls_certificate", TagMatchers.TlsCertificate),
        new("envoy.local_http_ratelimit_prefix", "$.http_local_rate_limit.**"),
        new("envoy.rbac_prefix", "$.rbac.**"),
    ];

    /// <summary>Rules by the name's first word. <c>$</c> is the tag, <c>*</c> one word, <c>**</c> any number of words.</summary>
    private static readonly Dictionary<string, TagRule[]> ByFirstWord = new(StringComparer.Ordinal)
    {
        ["cluster"] =
        [
            new("cipher_suite", TagMatchers.ClusterCipher),
            new("envoy.grpc_bridge_method", "cluster.*.grpc.*.$.**"),
            new("envoy.grpc_bridge_service", "cluster.*.grpc.$.**"),
            new("envoy.cluster_name", "cluster.$.**"),
            new("envoy.ext_authz_prefix", "cluster.*.ext_authz.$.**"),
        ],
        ["http"] =
        [
            new("envoy.rds_route_config", static name => TagMatchers.RouteConfig(name, "rds", slash: true)),
            new("envoy.scoped_rds_config", static name => TagMatchers.RouteConfig(name, "scoped_rds", slash: false)),
            new("envoy.rbac_policy_name", TagMatchers.RbacPolicy),
            new("envoy.rbac_http_prefix", TagMatchers.RbacHttpPrefix),
            new("envoy.http_user_agent", "http.*.user_agent.$.**"),
            new("envoy.fault_downstream_cluster", "http.*.fault.$.**"),
            new("envoy.ext_authz_prefix", "http.*.ext_authz.$.**"),
            new(HttpPrefix, "http.$.**"),
        ],
        ["listener"] =
        [
            new("envoy.ssl_cipher", static name => TagMatchers.Tls(name, ".ssl.ciphers.")),
            new(HttpPrefix, TagMatchers.ListenerHttpPrefix),
            new("envoy.listener_address", TagMatchers.ListenerAddress),
        ],
        ["mongo"] =
        [
            new("envoy.mongo_callsite", "mongo.*.collection.*.callsite.$.query.**"),
            new("envoy.mongo_collection", "mongo.*.collection.$.**.query.*"),
            new("envoy.mongo_cmd", "mongo.*.cmd.$.**"),
            new("envoy.mongo_prefix", "mongo.$.**"),
        ],
        ["vhost"] =
        [
            new("envoy.virtual_cluster", "vhost.*.vcluster.$.**"),
            new("envoy.virtual_host", "vhost.$.**"),
            new("envoy.route", "vhost.*.route.$.**"),
        ],
        ["proxy_proto"] =
        [
            new("envoy.proxy_protocol_prefix", TagMatchers.ProxyProtocolPrefix),
            new("envoy.proxy_protocol_version", TagMatchers.ProxyProtocolVersion),
        ],
        ["tcp"] = [new("envoy.tcp_prefix", "tcp.$.**")],
        ["udp"] = [new("envoy.udp_prefix", "udp.$.**")],
        ["auth"] = [new("envoy.clientssl_prefix", "auth.clientssl.$.**")],
        ["ratelimit"] = [new("envoy.ratelimit_prefix", "ratelimit.$.**")],
        ["thrift"] = [new("envoy.thrift_prefix", "thrift.$.**")],
        ["redis"] = [new("envoy.redis_prefix", "redis.$.**")],
        ["local_rate_limit"] = [new("envoy.local_network_ratelimit_prefix", "local_rate_limit.$.**")],
        ["listener_local_ratelimit"] = [new("envoy.local_listener_ratelimit_prefix", "listener_local_ratelimit.$.**")],
        ["dns_filter"] = [new("envoy.dns_filter_prefix", "dns_filter.$.**")],
        ["connection_limit"] = [new("envoy.connection_limit_prefix", "connection_limit.$.**")],
        ["grpc"] = [new("envoy.google_grpc_client_prefix", "grpc.$.**")],
        ["sds"] = [new("envoy.xds_resource_name", TagMatchers.SecretName)],
    };

    private static readonly Dictionary<string, TagRule[]>.AlternateLookup<ReadOnlySpan<char>> Rules =
        ByFirstWord.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Takes a full name apart.</summary>
    public static TagExtraction Extract(string name)
    {
        var tags = new List<StatTag>();
        var cuts = new List<Range>();
        Apply(Common, name, tags, cuts);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0 && Rules.TryGetValue(name.AsSpan(0, dot), out var rules))
            Apply(rules, name, tags, cuts);
        return new TagExtraction(Cut(name, cuts), [.. tags]);
    }

    private static void Apply(TagRule[] rules, string name, List<StatTag> tags, List<Range> cuts)
    {
        foreach (var rule in rules)
        {
            var found = rule.Match(name);
            // A tag's name comes once: of two rules for the same tag the first wins.
            if (!found.Success || tags.Exists(tag => tag.Name == rule.Tag))
                continue;
            tags.Add(new StatTag(rule.Tag, name[found.Value]));
            cuts.Add(found.Cut);
        }
    }

    private static string Cut(string name, List<Range> cuts)
    {
        if (cuts.Count == 0)
            return name;
        Span<bool> dropped = name.Length <= 512 ? stackalloc bool[name.Length] : new bool[name.Length];
        dropped.Clear();
        foreach (var cut in cuts)
            dropped[cut].Fill(true);
        var kept = new System.Text.StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (!dropped[i])
                kept.Append(name[i]);
        }

        return kept.ToString();
    }
}

using Envoy.Extensions;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>Each wrong document with exactly what is said about it: line, column, path, message, hint.</summary>
public sealed class ConfigErrorTests
{
    /// <summary>A listener whose filter is written behind this, at line 6 and column 9.</summary>
    private const string Listener = """
        static_resources:
          listeners:
          - name: l
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains: [ { filters: [
                FILTER
            ] } ]
          clusters: [ { name: web } ]
        """;

    /// <summary>A cluster whose fields are written behind its name, at line 4 and column 5.</summary>
    private const string Cluster = """
        static_resources:
          clusters:
          - name: web
            FIELD
        """;

    private static readonly TestCaseData[] Documents =
    [
        Case("empty", "", "f.yaml:1:1: the document is empty"),
        Case("comment only", "# nothing\n", "f.yaml:1:1: the document is empty"),
        Case("list", "- a\n", "f.yaml:1:1: must be a mapping (Bootstrap), not a list"),
        Case("scalar", "hello", "f.yaml:1:1: must be a mapping (Bootstrap), not 'hello'"),
        Case("two documents", "admin:\n---\nadmin:\n", "f.yaml:2:1: a second document begins here (one file is one document)"),
        Case("duplicate key", "admin:\nnode: {}\nadmin:\n", "f.yaml:3:1: the key 'admin' is there twice (first in line 1)"),
        Case("same field twice", "static_resources: {}\nstaticResources: {}\n",
            "f.yaml:2:1: staticResources: 'staticResources' and 'static_resources' are the same field"),
        Case("unknown top field", "static_resource: {}\n",
            "f.yaml:1:1: static_resource: 'static_resource' is not a field of Bootstrap (did you mean 'static_resources'?)"),
        Case("unknown without a near name", "zebra: {}\n", "f.yaml:1:1: zebra: 'zebra' is not a field of Bootstrap"),
        Case("known to Envoy only", "overload_manager: { actions: [] }\n",
            "f.yaml:1:1: overload_manager: 'overload_manager' is a field of Envoy's Bootstrap which is not supported yet"),
        Case("known to Envoy only, empty", "layered_runtime: {}\nstats_sinks: []\nheader_prefix: ''\nadmin: null\n"),
        Case("cluster without a name", "static_resources: { clusters: [ { type: STATIC } ] }", "f.yaml:1:33: static_resources.clusters[0]: Cluster needs 'name'"),
        Case("cluster with an empty name", "static_resources: { clusters: { name: '' } }", "f.yaml:1:39: static_resources.clusters.name: must not be empty"),
        InCluster("unknown policy", "lb_policy: ROUND_ROBBIN",
            "f.yaml:4:16: static_resources.clusters[0].lb_policy: must be one of ROUND_ROBIN, RANDOM, not 'ROUND_ROBBIN' (did you mean 'ROUND_ROBIN'?)"),
        InCluster("policy of Envoy", "lb_policy: maglev",
            "f.yaml:4:16: static_resources.clusters[0].lb_policy: 'MAGLEV' is one of Envoy's LbPolicy, which is not supported yet (supported: ROUND_ROBIN, RANDOM)"),
        InCluster("enum in any case", "lb_policy: Round_Robin"),
        InCluster("enum by number", "lb_policy: 3"),
        InCluster("duration without unit", "connect_timeout: 5",
            "f.yaml:4:22: static_resources.clusters[0].connect_timeout: must be a duration in seconds such as 0.25s, not '5' (write 5s)"),
        InCluster("duration in milliseconds", "connect_timeout: 250ms",
            "f.yaml:4:22: static_resources.clusters[0].connect_timeout: must be a duration in seconds such as 0.25s, not '250ms' (write 0.25s)"),
        InCluster("duration of zero", "connect_timeout: 0s", "f.yaml:4:22: static_resources.clusters[0].connect_timeout: must be above 0s, not 0s"),
        InCluster("duration as a mapping", "connect_timeout: { seconds: 1, nanos: 5 }"),
        InCluster("duration as a wrong mapping", "connect_timeout: { second: 1 }",
            "f.yaml:4:24: static_resources.clusters[0].connect_timeout.second: 'second' is not a field of Duration (did you mean 'seconds'?)"),
        InCluster("number above its limit", "per_connection_buffer_limit_bytes: 4294967296",
            "f.yaml:4:40: static_resources.clusters[0].per_connection_buffer_limit_bytes: must be a whole number from 0 to 4294967295, not '4294967296'"),
        InCluster("fraction", "per_connection_buffer_limit_bytes: 1.5",
            "f.yaml:4:40: static_resources.clusters[0].per_connection_buffer_limit_bytes: must be a whole number from 0 to 4294967295, not '1.5'"),
        InCluster("port above its limit", "hosts: { socket_address: { address: 1.2.3.4, port_value: 65536 } }",
            "f.yaml:4:62: static_resources.clusters[0].hosts.socket_address.port_value: must be a whole number from 0 to 65535, not '65536'"),
        InCluster("address without a port", "hosts: [ { socket_address: { address: 1.2.3.4 } } ]",
            "f.yaml:4:32: static_resources.clusters[0].hosts[0].socket_address: SocketAddress needs 'port_value'"),
        InCluster("address of two kinds", "hosts: [ { pipe: { path: /a }, socket_address: { address: 1.2.3.4, port_value: 1 } } ]",
            "f.yaml:4:36: static_resources.clusters[0].hosts[0].socket_address: 'socket_address' and 'pipe' exclude each other"),
        InCluster("name in a static cluster", "hosts: [ { socket_address: { address: localhost, port_value: 1 } } ]",
            "f.yaml:4:43: static_resources.clusters[0].hosts[0].socket_address.address: 'localhost' is not an IP address (a cluster whose hosts are names has type: STRICT_DNS)"),
        InCluster("name in a cluster of a type that is refused", "type: LOGICAL_DNS\n    hosts: [ { socket_address: { address: localhost, port_value: 1 } } ]",
            "f.yaml:4:11: static_resources.clusters[0].type: 'LOGICAL_DNS' is one of Envoy's DiscoveryType, which is not supported yet (supported: STATIC, STRICT_DNS)"),
        InCluster("pipe in a DNS cluster", "type: STRICT_DNS\n    hosts: [ { pipe: { path: /s } } ]",
            "f.yaml:5:30: static_resources.clusters[0].hosts[0].pipe.path: a cluster of type STRICT_DNS resolves names: a pipe is none (a cluster of pipes has type: STATIC)"),
        InCluster("outlier detection", "outlier_detection: {}",
            "f.yaml:4:5: static_resources.clusters[0].outlier_detection: 'outlier_detection' is a field of Envoy's Cluster which is not supported yet"),
        InCluster("misspelt weight", "load_assignment: { cluster_name: web, endpoints: { lb_endpoints: { endpoint: { address: { pipe: { path: /s } } }, load_balancing_weigth: 1 } } }",
            "f.yaml:4:119: static_resources.clusters[0].load_assignment.endpoints.lb_endpoints.load_balancing_weigth: "
            + "'load_balancing_weigth' is not a field of LbEndpoint (did you mean 'load_balancing_weight'?)"),
        InFilter("unknown filter", "{ name: envoy.filters.network.tpc_proxy }",
            "f.yaml:6:17: static_resources.listeners[0].filter_chains[0].filters[0].name: no network filter is called 'envoy.filters.network.tpc_proxy' "
            + "(did you mean 'envoy.filters.network.tcp_proxy'?)"),
        InFilter("filter of Envoy", "{ name: envoy.filters.network.redis_proxy }",
            "f.yaml:6:17: static_resources.listeners[0].filter_chains[0].filters[0].name: 'envoy.filters.network.redis_proxy' is Envoy's redis_proxy filter, "
            + "which is not supported yet"),
        InFilter("filter of Envoy, 2019's name", "{ name: envoy.mongo_proxy }",
            "f.yaml:6:17: static_resources.listeners[0].filter_chains[0].filters[0].name: 'envoy.mongo_proxy' is Envoy's mongo_proxy filter, which is not supported yet"),
        InFilter("HTTP filter at L4", "{ name: envoy.router }",
            "f.yaml:6:17: static_resources.listeners[0].filter_chains[0].filters[0].name: 'envoy.router' is not a network filter: it belongs to envoy.filters.http"),
        InFilter("type of Envoy", "{ name: x, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy } }",
            "f.yaml:6:45: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.@type: 'envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy' configures "
            + "Envoy's mongo_proxy filter, which is not supported yet"),
        InFilter("unknown type", "{ name: x, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxi } }",
            "f.yaml:6:45: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.@type: no network filter is configured by "
            + "'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxi' (did you mean 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'?)"),
        InFilter("type without a slash", "{ name: x, typed_config: { '@type': a.b.C } }",
            "f.yaml:6:45: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.@type: 'a.b.C' is not a type URL (write type.googleapis.com/a.b.C)"),
        InFilter("no type", "{ name: envoy.tcp_proxy, typed_config: { stat_prefix: p, cluster: web } }",
            "f.yaml:6:48: static_resources.listeners[0].filter_chains[0].filters[0].typed_config: typed_config needs '@type' "
            + "(add \"@type\": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy)"),
        InFilter("empty typed_config", "{ name: envoy.echo, typed_config: {} }"),
        InFilter("echo with a field", "{ name: envoy.echo, config: { loud: true } }",
            "f.yaml:6:39: static_resources.listeners[0].filter_chains[0].filters[0].config.loud: 'loud' is not a field of Echo"),
        InFilter("no cluster", "{ name: envoy.tcp_proxy, config: { stat_prefix: p } }",
            "f.yaml:6:42: static_resources.listeners[0].filter_chains[0].filters[0].config: TcpProxy needs 'cluster' or 'weighted_clusters'"),
        InFilter("unknown cluster", "{ name: envoy.tcp_proxy, config: { stat_prefix: p, cluster: wep } }",
            "f.yaml:6:69: static_resources.listeners[0].filter_chains[0].filters[0].config.cluster: no cluster is called 'wep' (did you mean 'web'?)"),
        InFilter("unknown weighted cluster", "{ name: envoy.tcp_proxy, config: { stat_prefix: p, weighted_clusters: { clusters: [ { name: we, weight: 1 } ] } } }",
            "f.yaml:6:101: static_resources.listeners[0].filter_chains[0].filters[0].config.weighted_clusters.clusters[0].name: no cluster is called 'we' "
            + "(did you mean 'web'?)"),
        InFilter("terminal filter first", "{ name: envoy.echo }, { name: envoy.echo }",
            "f.yaml:6:17: static_resources.listeners[0].filter_chains[0].filters[0].name: 'envoy.echo' ends the filter chain: it must be the last filter"),
        InFilter("last HTTP filter refused", "{ name: envoy.http_connection_manager, config: { stat_prefix: h, route_config: {}, http_filters: { name: envoy.lua } } }",
            "f.yaml:6:114: static_resources.listeners[0].filter_chains[0].filters[0].config.http_filters.name: 'envoy.lua' is Envoy's lua filter, which is not supported yet"),
        InFilter("rds", "{ name: envoy.http_connection_manager, config: { stat_prefix: h, rds: { route_config_name: r }, http_filters: { name: envoy.router } } }",
            "f.yaml:6:74: static_resources.listeners[0].filter_chains[0].filters[0].config.rds: 'rds' is a field of Envoy's HttpConnectionManager which is not supported yet"),
        InFilter("no router", "{ name: envoy.http_connection_manager, config: { stat_prefix: h, route_config: {}, http_filters: [] } }",
            "f.yaml:6:106: static_resources.listeners[0].filter_chains[0].filters[0].config.http_filters: there is no HTTP filter "
            + "(the last one must be envoy.filters.http.router)"),
        InRoutes("unknown cluster of a route", "[ { match: { prefix: / }, route: { cluster: wbe } } ]", "f.yaml:11:56", "[0].route.cluster: no cluster is called 'wbe' (did you mean 'web'?)"),
        InRoutes("route without an action", "[ { match: { prefix: / } } ]", "f.yaml:11:14", "[0]: Route needs 'route' or 'redirect' or 'direct_response' or 'non_forwarding_action'"),
        InRoutes("route of two actions", "[ { match: { prefix: / }, route: { cluster: web }, redirect: {} } ]", "f.yaml:11:63", "[0].redirect: 'redirect' and 'route' exclude each other"),
        InRoutes("match without a path", "[ { match: {}, route: { cluster: web } } ]", "f.yaml:11:23", "[0].match: RouteMatch needs 'prefix' or 'path' or 'safe_regex' or 'connect_matcher' or 'path_separated_prefix' or 'path_match_policy' or 'regex'"),
        InRoutes("wrong expression", "[ { match: { safe_regex: { regex: '/(?=x)' } }, route: { cluster: web } } ]", "f.yaml:11:46",
            "[0].match.safe_regex.regex: look-around is not supported: RE2 has none"),
        InRoutes("status out of range", "[ { match: { prefix: / }, direct_response: { status: 99 } } ]", "f.yaml:11:65",
            "[0].direct_response.status: must be a whole number from 200 to 599, not '99'"),
        InRoutes("metadata matcher", "[ { match: { prefix: /, dynamic_metadata: [ { filter: x } ] }, route: { cluster: web } } ]", "f.yaml:11:36",
            "[0].match.dynamic_metadata: 'dynamic_metadata' is a field of Envoy's RouteMatch which is not supported yet"),
    ];

    [TestCaseSource(nameof(Documents))]
    public void WrongDocument_IsRead_SaysWhatAndWhere(string text, string[] expected)
    {
        var result = EnvoyConfigLoader.Parse(text, "f.yaml");

        Assert.That(result.Errors.Select(e => e.ToString()), Is.EqualTo(expected));
        Assert.That(result.Config is null, Is.EqualTo(expected.Length > 0));
    }

    [Test]
    public void SeveralErrors_InOneDocument_AreAllShownInFileOrder()
    {
        const string Yaml = """
            static_resources:
              listeners:
              - name: l
                address: { socket_address: { address: nowhere, port_value: 0 } }
                filter_chains:
                - filters:
                  - name: envoy.tcp_proxy
                    config: { stat_prefix: "", cluster: a }
              - name: l
                address: { socket_address: { address: 127.0.0.1, port_value: -1 } }
                filter_chain: []
              clusters:
              - name: c
                connect_timeout: soon
              - name: c
            """;

        var errors = EnvoyConfigLoader.Parse(Yaml).Errors;

        Assert.That(errors.Select(e => (e.Line, e.Column, e.Message)), Is.EqualTo(new (int, int, string)[]
        {
            (4, 43, "'nowhere' is not an IP address"),
            (8, 32, "must not be empty"),
            (8, 45, "no cluster is called 'a'"),
            (9, 5, "the listener has no filter chain"),
            (9, 11, "another listener is called 'l'"),
            (10, 66, "must be a whole number from 0 to 65535, not '-1'"),
            (11, 5, "'filter_chain' is not a field of Listener"),
            (14, 22, "must be a duration in seconds such as 0.25s, not 'soon'"),
            (15, 11, "another cluster is called 'c'"),
        }));
        Assert.That(errors.Select(e => e.Kind), Has.Exactly(1).EqualTo(ConfigErrorKind.Unknown));
    }

    [Test]
    public void Parse_WithErrors_ThrowsThemAllOnDemand()
    {
        var result = EnvoyConfigLoader.Parse("zebra: 1\nlion: 2\n", "f.yaml");

        var exception = Assert.Throws<ConfigException>(() => result.OrThrow());
        Assert.That(exception!.Errors, Has.Count.EqualTo(2));
        Assert.That(exception.Message, Is.EqualTo("f.yaml:1:1: zebra: 'zebra' is not a field of Bootstrap\nf.yaml:2:1: lion: 'lion' is not a field of Bootstrap"));
    }

    [Test]
    public void ErrorText_WithTheDocument_MarksTheColumn()
    {
        const string Text = "node: {}\nadmin: { adress: 1 }\n";

        var shown = Envoy.Config.Diagnostics.ConfigErrorText.Format(EnvoyConfigLoader.Parse(Text, "f.yaml").Errors, Text);

        Assert.That(shown.Split('\n'), Is.EqualTo(new[]
        {
            "f.yaml:2:8: admin: Admin needs 'address'",
            "    admin: { adress: 1 }",
            "           ^",
            "f.yaml:2:10: admin.adress: 'adress' is not a field of Admin (did you mean 'address'?)",
            "    admin: { adress: 1 }",
            "             ^",
            "",
        }));
    }

    [Test]
    public void LoadFile_NoSuchFile_IsAnError()
    {
        var result = EnvoyConfigLoader.LoadFile("/nowhere/at/all.yaml");

        Assert.That(result.Config, Is.Null);
        Assert.That(result.Errors.Single().ToString(), Does.StartWith("/nowhere/at/all.yaml: the file cannot be read: "));
    }

    [Test]
    public void UnknownClusters_BesideDynamicOnes_AreNotReported()
    {
        var errors = EnvoyConfigLoader.Parse("""
            dynamic_resources: { cds_config: { ads: {} } }
            static_resources:
              listeners:
                address: { pipe: { path: /s } }
                filter_chains: { filters: { name: envoy.tcp_proxy, config: { stat_prefix: p, cluster: from_cds } } }
            """).Errors;

        Assert.That(errors.Select(e => e.Path), Is.EqualTo(new[] { "dynamic_resources" }));
    }

    private static TestCaseData Case(string name, string text, params string[] expected) =>
        new TestCaseData(text, expected).SetArgDisplayNames(name);

    private static TestCaseData InCluster(string name, string field, params string[] expected) => Case(name, Cluster.Replace("FIELD", field), expected);

    private static TestCaseData InFilter(string name, string filter, params string[] expected) => Case(name, Listener.Replace("FILTER", filter), expected);

    private static TestCaseData InRoutes(string name, string routes, string place, string rest)
    {
        const string Prefix = "static_resources.listeners[0].filter_chains[0].filters[0].config.route_config.virtual_hosts.routes";
        var text = """
            static_resources:
              clusters: [ { name: web } ]
              listeners:
              - address: { pipe: { path: /s } }
                filter_chains:
                - filters:
                  - name: envoy.http_connection_manager
                    config: { stat_prefix: h, http_filters: { name: envoy.router }, route_config: { virtual_hosts: {
                       name: v,
                       domains: '*', routes:
                       ROUTES } } }
            """.Replace("ROUTES", routes);
        return Case(name, text, $"{place}: {Prefix}{rest}");
    }
}

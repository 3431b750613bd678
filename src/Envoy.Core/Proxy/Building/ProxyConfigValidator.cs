using Envoy.AccessLog;
using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.TransportSockets.Tls;

namespace Envoy.Proxy.Building;

/// <summary>
/// What must hold between the parts of a configuration, whoever made it: names are unique, clusters that are named exist, the last filter
/// of a chain ends it. Thread-safe.
/// </summary>
internal static class ProxyConfigValidator
{
    /// <summary>The errors of a configuration made in code.</summary>
    public static IReadOnlyList<ConfigError> Validate(ProxyConfig config)
    {
        var validation = new ConfigValidation(ClusterNames(config)) { Secrets = new SecretSet(config.Secrets) };
        Validate(config, validation);
        return validation.Errors;
    }

    /// <summary>Checks a configuration that was read; errors go to its context, with the places of what they are about.</summary>
    public static void Validate(ProxyConfig config, ConfigReadContext read, bool clustersAreKnown) =>
        Validate(config, new ConfigValidation(clustersAreKnown ? ClusterNames(config) : null, read) { Secrets = new SecretSet(config.Secrets) });

    private static HashSet<string> ClusterNames(ProxyConfig config) => new(config.Clusters.Select(c => c.Name), StringComparer.Ordinal);

    private static void Validate(ProxyConfig config, ConfigValidation validation)
    {
        if (config.Admin is { } admin)
        {
            validation.In("admin", () =>
            {
                ValidateBindable(admin.Address, validation);
                AccessLogSet.Validate(admin.AccessLogs, validation);
            });
        }

        var listeners = new HashSet<string>(StringComparer.Ordinal);
        var addresses = new Dictionary<AddressConfig, string>();
        validation.In("static_resources", () =>
        {
            validation.Each("listeners", config.Listeners, listener =>
            {
                if (listener.Name.Length > 0 && !listeners.Add(listener.Name))
                    validation.Error(listener, "name", $"another listener is called '{listener.Name}'");
                if (listener.BindToPort && listener.Address is not SocketAddressConfig { PortValue: 0 } && !addresses.TryAdd(listener.Address, listener.Name))
                    validation.Error(listener, "address", $"another listener ('{addresses[listener.Address]}') has the address {listener.Address}");
                ValidateBindable(listener.Address, validation);
                ValidateListenerFilters(listener, validation);
                ValidateChains(listener, validation);
            });
            var secrets = new HashSet<string>(StringComparer.Ordinal);
            validation.Each("secrets", config.Secrets, secret =>
            {
                if (!secrets.Add(secret.Name))
                    validation.Error(secret, "name", $"another secret is called '{secret.Name}'");
                TlsValidation.Check(secret, validation);
            });
            var clusters = new HashSet<string>(StringComparer.Ordinal);
            validation.Each("clusters", config.Clusters, cluster =>
            {
                if (cluster.Name.Length > 0 && !clusters.Add(cluster.Name))
                    validation.Error(cluster, "name", $"another cluster is called '{cluster.Name}'");
                ValidateEndpoints(cluster, validation);
                ValidatePreconnect(cluster, validation);
                ValidateBind(cluster, validation);
                ValidateSockets(cluster, validation);
            });
        });
    }

    private static void ValidateSockets(ClusterConfig cluster, ConfigValidation validation)
    {
        // As in Envoy, every one of them: any host may be asked which protocol it speaks.
        var asks = cluster.HttpProtocol == UpstreamHttpProtocol.Negotiated;
        if (cluster.TransportSocket is { } socket)
            validation.In("transport_socket.typed_config", () => socket.Options.Validate(validation));
        if (asks && cluster.TransportSocket is not { Options.SupportsAlpn: true } && !validation.IsRefused(cluster, "transport_socket", "tls_context"))
            validation.Error(cluster, "transport_socket", "auto_config asks each host for its protocol, which needs a transport socket with ALPN", "use envoy.transport_sockets.tls");
        validation.Each("transport_socket_matches", cluster.TransportSocketMatches, match =>
        {
            if (match.Name.Length == 0)
                validation.Error(match, "name", "must not be empty");
            if (match.Match.Kind != StructValueKind.Mapping)
                validation.Error(match, "match", "must be a mapping");
            if (asks && !match.TransportSocket.Options.SupportsAlpn)
                validation.Error(match, "transport_socket", "auto_config asks each host for its protocol, which needs a transport socket with ALPN", "use envoy.transport_sockets.tls");
            validation.In("transport_socket.typed_config", () => match.TransportSocket.Options.Validate(validation));
        });
    }

    private static void ValidateBindable(AddressConfig address, ConfigValidation validation)
    {
        if (address is SocketAddressConfig { Address.Length: > 0 } socket && !AddressReader.IsIPLiteral(socket.Address))
            validation.Error(socket, "address", $"'{socket.Address}' is not an IP address", "a listener binds to an address, not to a name");
    }

    private static void ValidateListenerFilters(ListenerConfig listener, ConfigValidation validation) =>
        validation.Each("listener_filters", listener.ListenerFilters, filter => validation.In("typed_config", () => filter.Options.Validate(validation)));

    private static void ValidateChains(ListenerConfig listener, ConfigValidation validation)
    {
        if (listener.FilterChains.Count == 0 && listener.DefaultFilterChain is null
            && !validation.IsRefused(listener, "filter_chains", "default_filter_chain", "fcds_config", "udp_listener_config", "api_listener", "internal_listener"))
            validation.Error(listener, "filter_chains", "the listener has no filter chain");
        validation.Each("filter_chains", listener.FilterChains, chain => ValidateChain(chain, validation));
        if (listener.DefaultFilterChain is { } last)
            validation.In("default_filter_chain", () => ValidateChain(last, validation));
        if (!validation.IsRefused(listener, "filter_chains"))
            ValidateMatches(listener, validation);
    }

    private static void ValidateChain(FilterChainConfig chain, ConfigValidation validation)
    {
        // A filter that was refused is not in the list, and may have been the last.
        var last = chain.Filters.Count == 0 ? null : chain.Filters[^1];
        var complete = !validation.IsRefused(chain, "filters");
        if (chain.TransportSocket is { } socket)
            validation.In("transport_socket.typed_config", () => socket.Options.Validate(validation));
        validation.Each("filters", chain.Filters, filter =>
        {
            if (complete && filter.Options.IsTerminal && !ReferenceEquals(filter, last))
                validation.Error(filter, "name", $"'{filter.Name}' ends the filter chain: it must be the last filter");
            else if (complete && !filter.Options.IsTerminal && ReferenceEquals(filter, last))
                validation.Error(filter, "name", $"'{filter.Name}' cannot be the last filter", "the last one must answer or forward, as tcp_proxy does");
            validation.In("typed_config", () => filter.Options.Validate(validation));
        });
    }

    private static void ValidateMatches(ListenerConfig listener, ConfigValidation validation)
    {
        // A matcher that was refused would have chosen among them.
        if (validation.IsRefused(listener, "filter_chain_matcher"))
            return;
        _ = ListenerSnapshot.MatcherOf(listener, (index, field, message, earlier) =>
        {
            var chain = listener.FilterChains[index];
            if (earlier < 0)
                validation.In($"filter_chains[{index}]", () => validation.ErrorAt(chain, "filter_chain_match." + field, message));
            else if (earlier == index)
                validation.In($"filter_chains[{index}]", () => validation.Error(chain, "filter_chain_match", $"filter chain {NameOf(listener, index)} names the same connections twice"));
            else
                validation.In($"filter_chains[{index}]", () => validation.Error(
                    chain,
                    "filter_chain_match",
                    $"filter chain {NameOf(listener, index)} matches connections that filter chain {NameOf(listener, earlier)}{validation.PlaceOf(listener.FilterChains[earlier])} matches by the same rules"));
        });
    }

    private static string NameOf(ListenerConfig listener, int chain) => listener.FilterChains[chain].Name is { Length: > 0 } name ? $"'{name}'" : $"filter_chains[{chain}]";

    private static void ValidatePreconnect(ClusterConfig cluster, ConfigValidation validation)
    {
        validation.In("preconnect_policy", () =>
        {
            Check("per_upstream_preconnect_ratio", cluster.Preconnect.PerUpstreamRatio);
            Check("predictive_preconnect_ratio", cluster.Preconnect.PredictiveRatio);
        });

        void Check(string field, double ratio)
        {
            if (ratio is not (>= PreconnectConfig.LeastRatio and <= PreconnectConfig.MostRatio))
                validation.Error(cluster.Preconnect, field, "must be within 1 and 3");
        }
    }

    private static void ValidateBind(ClusterConfig cluster, ConfigValidation validation)
    {
        if (cluster.TcpKeepalive is { } keepalive && (keepalive.Probes < 0 || keepalive.TimeSeconds < 0 || keepalive.IntervalSeconds < 0))
            validation.Error(cluster, "upstream_connection_options", "the numbers of tcp_keepalive must be 0 or more");
        if (cluster.UpstreamBind is not { } bind)
            return;
        validation.In("upstream_bind_config", () =>
        {
            if (bind.FreeBind && !OperatingSystem.IsLinux())
                validation.NotSupported(bind, "freebind", "'freebind' needs Linux");
            CheckAddress("source_address", bind.SourceAddress);
            if (bind.ExtraSourceAddresses.Count > 1)
                validation.Error(bind, "extra_source_addresses", "at most one is allowed");
            foreach (var extra in bind.ExtraSourceAddresses)
            {
                CheckAddress("extra_source_addresses", extra);
                if (IsV6(extra) == IsV6(bind.SourceAddress))
                    validation.Error(bind, "extra_source_addresses", "must be of another IP version than 'source_address'");
            }

            void CheckAddress(string field, SocketAddressConfig address)
            {
                if (!AddressReader.IsIPLiteral(address.Address))
                    validation.Error(bind, field, $"'{address.Address}' is no IP address");
                if (address.PortValue is < 0 or > 65535)
                    validation.Error(bind, field, "the port must be within 0 and 65535");
            }

            static bool IsV6(SocketAddressConfig address) => address.Address.Contains(':', StringComparison.Ordinal);
        });
    }

    private static void ValidateEndpoints(ClusterConfig cluster, ConfigValidation validation)
    {
        if (validation.IsRefused(cluster, "type", "cluster_type"))
            return;
        validation.In("load_assignment", () => validation.Each("endpoints", cluster.Endpoints, locality => validation.Each("lb_endpoints", locality.LbEndpoints, endpoint =>
        {
            switch (endpoint.Address)
            {
                case SocketAddressConfig { Address.Length: > 0 } socket when cluster.Type == DiscoveryType.Static && !AddressReader.IsIPLiteral(socket.Address):
                    validation.Error(socket, "address", $"'{socket.Address}' is not an IP address", "a cluster whose hosts are names has type: STRICT_DNS");
                    break;
                case PipeAddressConfig pipe when cluster.Type == DiscoveryType.StrictDns:
                    validation.Error(pipe, "path", "a cluster of type STRICT_DNS resolves names: a pipe is none", "a cluster of pipes has type: STATIC");
                    break;
                default:
                    break;
            }
        })));
    }
}

using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Config.Bootstrap;

/// <summary>Reads <c>envoy.config.endpoint.v3.ClusterLoadAssignment</c> and 2018's <c>hosts</c>. Thread-safe.</summary>
internal static class EndpointReader
{
    private static readonly EndpointConfig NoEndpoint = new(new SocketAddressConfig("", 0));

    private static readonly FieldTable<EndpointConfig> Endpoint = new FieldTable<EndpointConfig>("envoy.config.endpoint.v3.Endpoint", NoEndpoint)
        .Message("address", "Address", e => e.Address, (e, v) => e with { Address = v }, AddressReader.TryRead, required: true)
        .Text("hostname", e => e.Hostname, (e, v) => e with { Hostname = v })
        .NotYet("health_check_config=[]", "additional_addresses=[]");

    private static readonly FieldTable<PerHost> PerHostConfig = new FieldTable<PerHost>("envoy.config.core.v3.PerHostConfig", new PerHost([]))
        .List("added_tlvs", "TlvEntry", h => h.AddedTlvs, (h, v) => h with { AddedTlvs = v }, ProxyProtocolConfigReader.TryReadTlv);

    private static readonly FieldTable<EndpointConfig> Metadata = new FieldTable<EndpointConfig>("envoy.config.core.v3.Metadata", NoEndpoint)
        .Message("filter_metadata", "map of Struct", e => e.Metadata, (e, v) => e with { Metadata = v }, StructReader.TryReadFilterMetadata)
        .Add(new ConfigField("typed_filter_metadata", "map of Any", FieldSupport.Supported), ReadTypedMetadata);

    private static readonly FieldTable<EndpointConfig> LbEndpoint = new FieldTable<EndpointConfig>("envoy.config.endpoint.v3.LbEndpoint", NoEndpoint)
        .Inline("endpoint", Endpoint)
        .Number("load_balancing_weight", e => e.LoadBalancingWeight, (e, v) => e with { LoadBalancingWeight = v }, least: 1)
        .Inline("metadata", Metadata)
        .NotYet("endpoint_name", "health_status=UNKNOWN|0|HEALTHY|1")
        .OneOf(required: true, "endpoint", "endpoint_name");

    private static readonly FieldTable<LocalityEndpointsConfig> LocalityMetadata = new FieldTable<LocalityEndpointsConfig>(
            "envoy.config.core.v3.Metadata", new LocalityEndpointsConfig())
        .Message("filter_metadata", "map of Struct", l => l.Metadata, (l, v) => l with { Metadata = v }, StructReader.TryReadFilterMetadata)
        .Inert("typed_filter_metadata");

    private static readonly FieldTable<LocalityEndpointsConfig> Locality = new FieldTable<LocalityEndpointsConfig>(
            "envoy.config.endpoint.v3.LocalityLbEndpoints", new LocalityEndpointsConfig())
        .List("lb_endpoints", l => l.LbEndpoints, (l, v) => l with { LbEndpoints = v }, LbEndpoint)
        .Number("priority", l => l.Priority, (l, v) => l with { Priority = v }, most: 128)
        .Inline("metadata", LocalityMetadata)
        .NotYet("load_balancer_endpoints", "leds_cluster_locality_config", "proximity")

        // Only locality-weighted and zone-aware balancing look at these, and both are refused where they are switched on.
        .Inert("locality", "load_balancing_weight");

    private static readonly FieldTable<ClusterConfig> LoadAssignment = new FieldTable<ClusterConfig>(
            "envoy.config.endpoint.v3.ClusterLoadAssignment", new ClusterConfig { Name = "" })

        // The cluster's own name counts; Envoy wants this one not to be empty and reads it for EDS only.
        .Text("cluster_name", _ => null, (c, _) => c, required: true)
        .List("endpoints", c => c.Endpoints, (c, v) => c with { Endpoints = v }, Locality)
        .NotYet("named_endpoints=[]", "policy=[]");

    public static FieldTable<ClusterConfig> AddEndpoints(this FieldTable<ClusterConfig> cluster) => cluster
        .Inline("load_assignment", LoadAssignment)
        .Add(
            new ConfigField("hosts", "list of Address (v2)", FieldSupport.Supported),
            _ => null,
            (c, v) => c with { Endpoints = v },
            (ConfigValueReader<ValueList<LocalityEndpointsConfig>>)ReadHosts)
        .OneOf(required: false, "load_assignment", "hosts");

    // Only what somebody here looks at; the other names are some filter's, which is refused where it is used.
    private static EndpointConfig ReadTypedMetadata(EndpointConfig endpoint, ConfigNode node, ConfigReadContext context)
    {
        const string ProxyProtocol = "envoy.transport_sockets.proxy_protocol";
        if (node.Find(ProxyProtocol) is not { } any || !ExtensionReader.TryReadMessage(context, any, out var type, out var message))
            return endpoint;
        if (type == PerHostConfig.Message)
            return endpoint with { ProxyProtocolTlvs = PerHostConfig.Read(message, context).AddedTlvs };
        context.Error(any, $"'{type}' says nothing to {ProxyProtocol}", $"its message is {PerHostConfig.Message}");
        return endpoint;
    }

    private static bool ReadHosts(ConfigNode node, ConfigReadContext context, out ValueList<LocalityEndpointsConfig> value)
    {
        var endpoints = new List<EndpointConfig>();
        foreach (var host in node.Kind == ConfigNodeKind.List ? node.Items : [node])
        {
            if (!AddressReader.TryRead(host, context, out var address))
                continue;
            var endpoint = new EndpointConfig(address);
            context.Remember(endpoint, host);
            endpoints.Add(endpoint);
        }

        value = [new LocalityEndpointsConfig { LbEndpoints = ValueList.From(endpoints) }];
        return true;
    }

    private sealed record PerHost(ValueList<ProxyProtocolTlv> AddedTlvs);
}

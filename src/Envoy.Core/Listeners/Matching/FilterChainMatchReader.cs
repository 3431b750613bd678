using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Listeners.Matching;

/// <summary>Reads <c>envoy.config.listener.v3.FilterChainMatch</c>. Thread-safe.</summary>
internal static class FilterChainMatchReader
{
    private static readonly EnumNames<ConnectionSourceType> SourceTypes = new EnumNames<ConnectionSourceType>("ConnectionSourceType")
        .Add("ANY", 0, ConnectionSourceType.Any)
        .Add("SAME_IP_OR_LOOPBACK", 1, ConnectionSourceType.SameIpOrLoopback)
        .Add("EXTERNAL", 2, ConnectionSourceType.External)

        // v2's name.
        .Add("LOCAL", 1, ConnectionSourceType.SameIpOrLoopback);

    public static readonly FieldTable<FilterChainMatchConfig> Fields = new FieldTable<FilterChainMatchConfig>(
            "envoy.config.listener.v3.FilterChainMatch", new FilterChainMatchConfig())
        .Number("destination_port", m => (uint?)m.DestinationPort, (m, v) => m with { DestinationPort = (int)v }, 1, 65535)
        .List("prefix_ranges", m => m.PrefixRanges, (m, v) => m with { PrefixRanges = v }, CidrRangeReader.Fields)
        .List("server_names", "string", m => m.ServerNames, (m, v) => m with { ServerNames = v }, ConfigValues.ReadString)
        .Text("transport_protocol", m => m.TransportProtocol, (m, v) => m with { TransportProtocol = v })
        .List("application_protocols", "string", m => m.ApplicationProtocols, (m, v) => m with { ApplicationProtocols = v }, ConfigValues.ReadString)
        .List("direct_source_prefix_ranges", m => m.DirectSourcePrefixRanges, (m, v) => m with { DirectSourcePrefixRanges = v }, CidrRangeReader.Fields)
        .Enum("source_type", m => m.SourceType, (m, v) => m with { SourceType = v }, SourceTypes)
        .List("source_prefix_ranges", m => m.SourcePrefixRanges, (m, v) => m with { SourcePrefixRanges = v }, CidrRangeReader.Fields)
        .List("source_ports", "uint32", m => m.SourcePorts, (m, v) => m with { SourcePorts = v }, ReadPort)

        // Envoy itself refuses these two.
        .NotYet("address_suffix=", "suffix_len");

    private static bool ReadPort(ConfigNode node, ConfigReadContext context, out int value)
    {
        var right = ConfigValues.ReadInteger(node, context, 1, 65535, out var number);
        value = (int)number;
        return right;
    }
}

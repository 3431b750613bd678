using System.Net;
using System.Net.Sockets;
using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>Reads <c>envoy.config.core.v3.Address</c>. Thread-safe.</summary>
internal static class AddressReader
{
    public static readonly FieldTable<SocketAddressConfig> Socket = new FieldTable<SocketAddressConfig>(
            "envoy.config.core.v3.SocketAddress", new SocketAddressConfig("", 0))
        .Text("address", a => a.Address, (a, v) => a with { Address = v }, required: true)
        .Number31("port_value", a => a.PortValue, (a, v) => a with { PortValue = v }, most: 65535)
        .Bool("ipv4_compat", a => a.Ipv4Compat, (a, v) => a with { Ipv4Compat = v })
        .NotYet("protocol=TCP|0", "named_port", "resolver_name=", "network_namespace_filepath=")
        .OneOf(required: true, "port_value", "named_port");

    private static readonly FieldTable<PipeAddressConfig> Pipe = new FieldTable<PipeAddressConfig>(
            "envoy.config.core.v3.Pipe", new PipeAddressConfig(""))
        .Text("path", p => p.Path, (p, v) => p with { Path = v }, required: true)
        .Number31("mode", p => p.Mode, (p, v) => p with { Mode = v }, most: 0x1FF);

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.core.v3.Address", new Draft())
        .Message("socket_address", d => d.Address as SocketAddressConfig, (d, v) => d with { Address = v }, Socket)
        .Message("pipe", d => d.Address as PipeAddressConfig, (d, v) => d with { Address = v }, Pipe)
        .NotYet("envoy_internal_address")
        .OneOf(required: true, "socket_address", "pipe", "envoy_internal_address");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out AddressConfig value)
    {
        value = Fields.Read(node, context).Address;
        return node.Kind == ConfigNodeKind.Mapping;
    }

    /// <summary>
    /// An IP literal as <c>inet_pton</c> takes it: four plain decimal numbers, or IPv6 without brackets. .NET alone would also take
    /// <c>80</c>, <c>127.1</c> and octal digits.
    /// </summary>
    public static bool IsIPLiteral(string text) =>
        IPAddress.TryParse(text, out var address)
        && (address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() == text : text[0] != '[');

    private sealed record Draft
    {
        public AddressConfig Address { get; init; } = new SocketAddressConfig("", 0);
    }
}

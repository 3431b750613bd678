using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>Reads <c>envoy.config.core.v3.CidrRange</c>. Thread-safe.</summary>
internal static class CidrRangeReader
{
    public static readonly FieldTable<CidrRangeConfig> Fields = new FieldTable<CidrRangeConfig>("envoy.config.core.v3.CidrRange", new CidrRangeConfig("", 0))
        .Text("address_prefix", c => c.AddressPrefix, (c, v) => c with { AddressPrefix = v }, required: true)
        .Number("prefix_len", c => c.PrefixLength, (c, v) => c with { PrefixLength = v }, 0, 128);
}

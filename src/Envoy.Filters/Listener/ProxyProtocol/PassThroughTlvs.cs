using Envoy.Extensions;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>Which extensions of a header are kept for the upstream (<c>core.v3.ProxyProtocolPassThroughTLVs</c>). Immutable.</summary>
public sealed record PassThroughTlvs
{
    private static readonly EnumNames<TlvMatchType> MatchTypes = new EnumNames<TlvMatchType>("PassTLVsMatchType")
        .Add("INCLUDE_ALL", 0, TlvMatchType.All)
        .Add("INCLUDE", 1, TlvMatchType.Listed);

    internal static readonly FieldTable<PassThroughTlvs> Fields = new FieldTable<PassThroughTlvs>("envoy.config.core.v3.ProxyProtocolPassThroughTLVs", new PassThroughTlvs())
        .Enum("match_type", p => p.IsAll ? TlvMatchType.All : TlvMatchType.Listed, (p, v) => p with { IsAll = v == TlvMatchType.All }, MatchTypes)
        .List("tlv_type", "uint32", p => p.Types, (p, v) => p with { Types = v }, ProxyProtocolOptions.ReadTlvType);

    private enum TlvMatchType
    {
        All,
        Listed,
    }

    /// <summary>All of them. Default true.</summary>
    public bool IsAll { get; init; } = true;

    /// <summary>Else these.</summary>
    public ValueList<byte> Types { get; init; } = [];

    internal bool Includes(byte type) => IsAll || Types.Contains(type);
}

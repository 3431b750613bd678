using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>Reads <c>envoy.config.core.v3.ProxyProtocolConfig</c> and what belongs to it. Thread-safe.</summary>
internal static class ProxyProtocolConfigReader
{
    private static readonly EnumNames<ProxyProtocolHeaderVersion> Versions = new EnumNames<ProxyProtocolHeaderVersion>("ProxyProtocolConfig.Version")
        .Add("V1", 0, ProxyProtocolHeaderVersion.V1)
        .Add("V2", 1, ProxyProtocolHeaderVersion.V2);

    private static readonly EnumNames<TlvMatchType> MatchTypes = new EnumNames<TlvMatchType>("PassTLVsMatchType")
        .Add("INCLUDE_ALL", 0, TlvMatchType.All)
        .Add("INCLUDE", 1, TlvMatchType.Listed);

    private static readonly FieldTable<TlvDraft> Tlv = new FieldTable<TlvDraft>("envoy.config.core.v3.TlvEntry", new TlvDraft())
        .Number("type", t => t.Type, (t, v) => t with { Type = v }, most: 255)
        .Message("value", "bytes", t => t.Value, (t, v) => t with { Value = v }, ConfigValues.ReadBytes)
        .NotYet("format_string");

    public static readonly FieldTable<PassThroughTlvs> PassThrough = new FieldTable<PassThroughTlvs>("envoy.config.core.v3.ProxyProtocolPassThroughTLVs", new PassThroughTlvs())
        .Enum("match_type", p => p.IsAll ? TlvMatchType.All : TlvMatchType.Listed, (p, v) => p with { IsAll = v == TlvMatchType.All }, MatchTypes)
        .List("tlv_type", "uint32", p => p.Types, (p, v) => p with { Types = v }, ReadTlvType);

    public static readonly FieldTable<ProxyProtocolConfig> Fields = new FieldTable<ProxyProtocolConfig>("envoy.config.core.v3.ProxyProtocolConfig", new ProxyProtocolConfig())
        .Enum("version", c => c.Version, (c, v) => c with { Version = v }, Versions)
        .Message("pass_through_tlvs", c => c.PassThrough, (c, v) => c with { PassThrough = v }, PassThrough)
        .List("added_tlvs", "TlvEntry", c => c.AddedTlvs, (c, v) => c with { AddedTlvs = v }, TryReadTlv);

    private enum TlvMatchType
    {
        All,
        Listed,
    }

    /// <summary>Reads <c>core.v3.TlvEntry</c>.</summary>
    public static bool TryReadTlv(ConfigNode node, ConfigReadContext context, out ProxyProtocolTlv value)
    {
        var draft = Tlv.Read(node, context);
        value = new ProxyProtocolTlv((byte)draft.Type, draft.Value);
        return node.Kind == ConfigNodeKind.Mapping;
    }

    private static bool ReadTlvType(ConfigNode node, ConfigReadContext context, out byte value)
    {
        var right = ConfigValues.ReadInteger(node, context, 0, 255, out var number);
        value = (byte)number;
        return right;
    }

    private sealed record TlvDraft
    {
        public uint Type { get; init; }

        public ValueList<byte> Value { get; init; } = [];
    }
}

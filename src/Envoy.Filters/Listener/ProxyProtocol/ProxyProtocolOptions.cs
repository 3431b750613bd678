using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.Net;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>
/// Options of <c>envoy.filters.listener.proxy_protocol</c>, which takes the header that a proxy before us puts before a connection's bytes, and the
/// client's address from it. Immutable.
/// </summary>
public sealed record ProxyProtocolOptions : ListenerFilterOptions
{
    private static readonly EnumNames<ProxyProtocolVersion> Versions = new EnumNames<ProxyProtocolVersion>("ProxyProtocolConfig.Version")
        .Add("V1", 0, ProxyProtocolVersion.V1)
        .Add("V2", 1, ProxyProtocolVersion.V2);

    private static readonly FieldTable<KeyDraft> KeyValuePair = new FieldTable<KeyDraft>("envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.KeyValuePair", new KeyDraft())
        .Text("metadata_namespace", k => k.Namespace, (k, v) => k with { Namespace = v })
        .Text("key", k => k.Key, (k, v) => k with { Key = v }, required: true)
        .NotYet("value_string_encoding=0");

    private static readonly FieldTable<RuleDraft> Rule = new FieldTable<RuleDraft>("envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.Rule", new RuleDraft())
        .Number("tlv_type", r => r.Type, (r, v) => r with { Type = v }, most: 255)
        .Message("on_tlv_present", r => r.Pair, (r, v) => r with { Pair = v }, KeyValuePair, required: true);

    internal static readonly FieldTable<ProxyProtocolOptions> Fields = new FieldTable<ProxyProtocolOptions>(
            "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol", new ProxyProtocolOptions())
        .List("rules", "Rule", o => o.Rules, (o, v) => o with { Rules = v }, ReadRule)
        .Bool("allow_requests_without_proxy_protocol", o => o.AllowRequestsWithoutProxyProtocol, (o, v) => o with { AllowRequestsWithoutProxyProtocol = v })
        .Message("pass_through_tlvs", o => o.PassThrough, (o, v) => o with { PassThrough = v }, ProxyProtocolConfigReader.PassThrough)
        .List("disallowed_versions", "enum Version", o => o.DisallowedVersions, (o, v) => o with { DisallowedVersions = v }, Versions.Read)
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v })

        // The other place is filter state, which there is none of.
        .NotYet("tlv_location=DYNAMIC_METADATA|0");

    /// <summary>Extensions whose values are noted with the connection; of two rules for one kind the last counts.</summary>
    public ValueList<ProxyProtocolRule> Rules { get; init; } = [];

    /// <summary>Serve clients that send no header as if there were no such filter. Anyone can then send one: only for a listener that only the proxy can reach. Default false.</summary>
    public bool AllowRequestsWithoutProxyProtocol { get; init; }

    /// <summary>Extensions that are kept for the upstream; null (default): none.</summary>
    public PassThroughTlvs? PassThrough { get; init; }

    /// <summary>Versions that are refused; not both.</summary>
    public ValueList<ProxyProtocolVersion> DisallowedVersions { get; init; } = [];

    /// <summary>Statistics are under <c>proxy_proto.PREFIX.</c>; empty (default): under <c>proxy_proto.</c>.</summary>
    public string StatPrefix { get; init; } = "";

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (DisallowedVersions.Contains(ProxyProtocolVersion.V1) && DisallowedVersions.Contains(ProxyProtocolVersion.V2))
            validation.Error(this, "disallowed_versions", "all versions of the PROXY protocol are disallowed");
    }

    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ProxyProtocolFilter.Snapshot(this, context.Stats);
    }

    private static bool ReadRule(ConfigNode node, ConfigReadContext context, out ProxyProtocolRule value)
    {
        var draft = Rule.Read(node, context);
        value = new ProxyProtocolRule((byte)draft.Type, draft.Pair?.Key ?? "");
        if (draft.Pair is { Namespace.Length: > 0 } pair)
            value = value with { MetadataNamespace = pair.Namespace };
        return node.Kind == ConfigNodeKind.Mapping;
    }

    private sealed record KeyDraft
    {
        public string Namespace { get; init; } = "";

        public string Key { get; init; } = "";
    }

    private sealed record RuleDraft
    {
        public uint Type { get; init; }

        public KeyDraft? Pair { get; init; }
    }
}

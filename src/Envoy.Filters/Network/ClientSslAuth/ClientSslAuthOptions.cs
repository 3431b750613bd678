using Envoy.ConnectionManager.Streams;
using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Net;

namespace Envoy.Filters.Network.ClientSslAuth;

/// <summary>
/// Options of <c>envoy.filters.network.client_ssl_auth</c> (a contrib extension of Envoy), which closes connections of clients whose certificates are not
/// among those that a service approves. The service is asked with <c>GET /v1/certs/list/approved</c>, and answers with JSON:
/// <c>{"certificates": [{"fingerprint_sha256": "…"}]}</c>, in lower-case hexadecimal. Until it first has, none is approved; when it does not, those that
/// were approved before stay. Connections without TLS pass. It goes before the filter that answers or forwards. Immutable.
/// </summary>
public sealed record ClientSslAuthOptions : NetworkFilterOptions
{
    internal static readonly FieldTable<ClientSslAuthOptions> Fields = new FieldTable<ClientSslAuthOptions>(
            "envoy.extensions.filters.network.client_ssl_auth.v3.ClientSSLAuth", new ClientSslAuthOptions())
        .Text("auth_api_cluster", o => o.AuthApiCluster, (o, v) => o with { AuthApiCluster = v }, required: true)
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v }, required: true)
        .Duration("refresh_delay", o => o.RefreshDelay, (o, v) => o with { RefreshDelay = v }, above: true)
        .List("ip_white_list", o => o.IpAllowList, (o, v) => o with { IpAllowList = v }, CidrRangeReader.Fields);

    /// <summary>The cluster of the service, which is also the host that it is asked as (<c>auth_api_cluster</c>). To be set.</summary>
    public string AuthApiCluster { get; init; } = "";

    /// <summary>Statistics are under <c>auth.clientssl.PREFIX.</c>. To be set.</summary>
    public string StatPrefix { get; init; } = "";

    /// <summary>Least time between an answer and the next question, above zero; up to as much again is added at random. Default 60 s.</summary>
    public TimeSpan RefreshDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Clients with these addresses need no approved certificate (<c>ip_white_list</c>). Default: none.</summary>
    public ValueList<CidrRangeConfig> IpAllowList { get; init; } = [];

    /// <summary>Checks that the cluster exists.</summary>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (StatPrefix.Length == 0 && !validation.IsRefused(this, "stat_prefix"))
            validation.Error(this, "stat_prefix", "must not be empty");
        if (RefreshDelay <= TimeSpan.Zero)
            validation.Error(this, "refresh_delay", "must be above zero");
        validation.RequireCluster(this, "auth_api_cluster", AuthApiCluster);
        _ = AddressRanges.Compile(IpAllowList, (_, error) => validation.Error(this, "ip_white_list", error));
    }

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new ClientSslAuthFilter.Snapshot(this);
}

using Envoy.Stats;

namespace Envoy.Filters.Network.ClientSslAuth;

/// <summary>Envoy's names under <c>auth.clientssl.PREFIX.</c>. Worker-owned.</summary>
internal sealed class ClientSslAuthStats(StatsScope scope, int shard)
{
    public CounterCell UpdateSuccess { get; } = scope.Counter("update_success", shard);

    public CounterCell UpdateFailure { get; } = scope.Counter("update_failure", shard);

    public CounterCell AuthNoSsl { get; } = scope.Counter("auth_no_ssl", shard);

    public CounterCell AuthIpAllowlist { get; } = scope.Counter("auth_ip_allowlist", shard);

    public CounterCell AuthDigestMatch { get; } = scope.Counter("auth_digest_match", shard);

    public CounterCell AuthDigestNoMatch { get; } = scope.Counter("auth_digest_no_match", shard);

    public GaugeCell TotalPrincipals { get; } = scope.Gauge("total_principals", shard);
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Envoy.Clusters;

namespace Envoy.Proxy.Admin;

/// <summary><c>/clusters</c>. Immutable.</summary>
internal static class ClustersPage
{
    /// <summary>Renders lines of <c>cluster::host::name::value</c>.</summary>
    public static string RenderText(IReadOnlyList<ClusterView> clusters)
    {
        var page = new StringBuilder();
        foreach (var cluster in clusters)
        {
            var name = cluster.Name;
            Line(page, name, "observability_name", cluster.ObservabilityName ?? name);
            Limits(page, name + "::default_priority", cluster.DefaultPriority);
            Limits(page, name + "::high_priority", cluster.HighPriority);
            Line(page, name, "added_via_api", Word(cluster.AddedViaApi));
            if (cluster.EdsServiceName.Length > 0)
                Line(page, name, "eds_service_name", cluster.EdsServiceName);
            foreach (var host in cluster.Hosts)
                Host(page, $"{name}::{host.Address}", host);
        }

        return page.ToString();
    }

    /// <summary>Renders <c>envoy.admin.v3.Clusters</c>.</summary>
    public static ReadOnlyMemory<byte> RenderJson(IReadOnlyList<ClusterView> clusters) => AdminJson.Write(clusters, static (json, clusters) =>
    {
        if (clusters.Count == 0)
            return;
        json.WriteStartArray("cluster_statuses");
        foreach (var cluster in clusters)
            Cluster(json, cluster);
        json.WriteEndArray();
    });

    private static void Host(StringBuilder page, string prefix, HostView host)
    {
        // By name, counters and gauges together.
        Line(page, prefix, "cx_active", host.CxActive);
        Line(page, prefix, "cx_connect_fail", host.CxConnectFail);
        Line(page, prefix, "cx_total", host.CxTotal);
        Line(page, prefix, "rq_active", host.RqActive);
        Line(page, prefix, "rq_error", host.RqError);
        Line(page, prefix, "rq_success", host.RqSuccess);
        Line(page, prefix, "rq_timeout", host.RqTimeout);
        Line(page, prefix, "rq_total", host.RqTotal);
        Line(page, prefix, "hostname", host.Hostname);
        Line(page, prefix, "health_flags", FlagText(host.HealthFlags));
        Line(page, prefix, "weight", host.Weight);
        Line(page, prefix, "region", host.Region);
        Line(page, prefix, "zone", host.Zone);
        Line(page, prefix, "sub_zone", host.SubZone);
        Line(page, prefix, "canary", Word(host.Canary));
        Line(page, prefix, "priority", host.Priority);
        Line(page, prefix, "success_rate", AdminText.Shortest(host.SuccessRate));
        Line(page, prefix, "local_origin_success_rate", AdminText.Shortest(host.LocalOriginSuccessRate));
    }

    private static void Limits(StringBuilder page, string prefix, CircuitBreakerConfig limits)
    {
        Line(page, prefix, "max_connections", limits.MaxConnections);
        Line(page, prefix, "max_pending_requests", limits.MaxPendingRequests);
        Line(page, prefix, "max_requests", limits.MaxRequests);
        Line(page, prefix, "max_retries", limits.MaxRetries);
    }

    private static void Line(StringBuilder page, string prefix, string name, string value)
        => page.Append(prefix).Append("::").Append(name).Append("::").Append(value).Append('\n');

    private static void Line(StringBuilder page, string prefix, string name, long value)
        => Line(page, prefix, name, value.ToString(CultureInfo.InvariantCulture));

    private static string Word(bool value) => value ? "true" : "false";

    private static string FlagText(HostHealthFlags flags)
    {
        if (flags == HostHealthFlags.None)
            return "healthy";
        var text = new StringBuilder();
        Add(HostHealthFlags.FailedActiveHc, "/failed_active_hc");
        Add(HostHealthFlags.FailedOutlierCheck, "/failed_outlier_check");
        Add(HostHealthFlags.FailedEdsHealth, "/failed_eds_health");
        Add(HostHealthFlags.DegradedActiveHc, "/degraded_active_hc");
        Add(HostHealthFlags.DegradedEdsHealth, "/degraded_eds_health");
        Add(HostHealthFlags.PendingDynamicRemoval, "/pending_dynamic_removal");
        Add(HostHealthFlags.PendingActiveHc, "/pending_active_hc");
        Add(HostHealthFlags.ExcludedViaImmediateHcFail, "/excluded_via_immediate_hc_fail");
        Add(HostHealthFlags.ActiveHcTimeout, "/active_hc_timeout");
        Add(HostHealthFlags.EdsStatusDraining, "/eds_status_draining");
        return text.ToString();

        void Add(HostHealthFlags flag, string name)
        {
            if (flags.HasFlag(flag))
                text.Append(name);
        }
    }

    private static void Cluster(Utf8JsonWriter json, ClusterView cluster)
    {
        json.WriteStartObject();
        json.WriteString("name", cluster.Name);
        if (cluster.AddedViaApi)
            json.WriteBoolean("added_via_api", true);
        if (cluster.Hosts.Count > 0)
        {
            json.WriteStartArray("host_statuses");
            foreach (var host in cluster.Hosts)
                Host(json, host);
            json.WriteEndArray();
        }

        json.WriteStartObject("circuit_breakers");
        json.WriteStartArray("thresholds");
        Thresholds(json, cluster.DefaultPriority, high: false);
        Thresholds(json, cluster.HighPriority, high: true);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("observability_name", cluster.ObservabilityName ?? cluster.Name);
        AdminJson.Text(json, "eds_service_name", cluster.EdsServiceName);
        json.WriteEndObject();
    }

    private static void Thresholds(Utf8JsonWriter json, CircuitBreakerConfig limits, bool high)
    {
        json.WriteStartObject();
        if (high)
            json.WriteString("priority", "HIGH");
        json.WriteNumber("max_connections", limits.MaxConnections);
        json.WriteNumber("max_pending_requests", limits.MaxPendingRequests);
        json.WriteNumber("max_requests", limits.MaxRequests);
        json.WriteNumber("max_retries", limits.MaxRetries);
        json.WriteEndObject();
    }

    private static void Host(Utf8JsonWriter json, HostView host)
    {
        json.WriteStartObject();
        json.WriteStartObject("address");
        AdminJson.Address(json, host.Address);
        json.WriteEndObject();
        json.WriteStartArray("stats");
        Metric(json, "cx_connect_fail", host.CxConnectFail, gauge: false);
        Metric(json, "cx_total", host.CxTotal, gauge: false);
        Metric(json, "rq_error", host.RqError, gauge: false);
        Metric(json, "rq_success", host.RqSuccess, gauge: false);
        Metric(json, "rq_timeout", host.RqTimeout, gauge: false);
        Metric(json, "rq_total", host.RqTotal, gauge: false);
        Metric(json, "cx_active", host.CxActive, gauge: true);
        Metric(json, "rq_active", host.RqActive, gauge: true);
        json.WriteEndArray();
        Health(json, host.HealthFlags);
        if (host.SuccessRate >= 0)
            Percent(json, "success_rate", host.SuccessRate);
        json.WriteNumber("weight", host.Weight);
        AdminJson.Text(json, "hostname", host.Hostname);
        if (host.Priority != 0)
            json.WriteNumber("priority", host.Priority);
        if (host.LocalOriginSuccessRate >= 0)
            Percent(json, "local_origin_success_rate", host.LocalOriginSuccessRate);
        json.WriteStartObject("locality");
        AdminJson.Text(json, "region", host.Region);
        AdminJson.Text(json, "zone", host.Zone);
        AdminJson.Text(json, "sub_zone", host.SubZone);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Percent(Utf8JsonWriter json, string name, double value)
    {
        json.WriteStartObject(name);
        json.WriteNumber("value", value);
        json.WriteEndObject();
    }

    private static void Metric(Utf8JsonWriter json, string name, long value, bool gauge)
    {
        json.WriteStartObject();
        // COUNTER and 0 are protobuf's defaults and not written.
        if (gauge)
            json.WriteString("type", "GAUGE");
        if (value != 0)
            json.WriteString("value", value.ToString(CultureInfo.InvariantCulture));
        json.WriteString("name", name);
        json.WriteEndObject();
    }

    private static void Health(Utf8JsonWriter json, HostHealthFlags flags)
    {
        json.WriteStartObject("health_status");
        Flag(HostHealthFlags.FailedActiveHc, "failed_active_health_check");
        Flag(HostHealthFlags.FailedOutlierCheck, "failed_outlier_check");
        json.WriteString("eds_health_status",
            flags.HasFlag(HostHealthFlags.EdsStatusDraining) ? "DRAINING"
            : flags.HasFlag(HostHealthFlags.FailedEdsHealth) ? "UNHEALTHY"
            : flags.HasFlag(HostHealthFlags.DegradedEdsHealth) ? "DEGRADED"
            : "HEALTHY");
        Flag(HostHealthFlags.DegradedActiveHc, "failed_active_degraded_check");
        Flag(HostHealthFlags.PendingDynamicRemoval, "pending_dynamic_removal");
        Flag(HostHealthFlags.PendingActiveHc, "pending_active_hc");
        Flag(HostHealthFlags.ExcludedViaImmediateHcFail, "excluded_via_immediate_hc_fail");
        Flag(HostHealthFlags.ActiveHcTimeout, "active_hc_timeout");
        json.WriteEndObject();

        void Flag(HostHealthFlags flag, string name)
        {
            if (flags.HasFlag(flag))
                json.WriteBoolean(name, true);
        }
    }
}

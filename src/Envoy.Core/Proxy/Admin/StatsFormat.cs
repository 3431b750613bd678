namespace Envoy.Proxy.Admin;

/// <summary>The <c>format</c> parameter of <c>/stats</c>.</summary>
internal enum StatsFormat
{
    /// <summary>A line each.</summary>
    Text,

    /// <summary>JSON.</summary>
    Json,

    /// <summary>Prometheus's text format.</summary>
    Prometheus,
}

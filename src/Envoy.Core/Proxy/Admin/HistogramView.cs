namespace Envoy.Proxy.Admin;

/// <summary>The <c>histogram_buckets</c> parameter of <c>/stats</c>.</summary>
internal enum HistogramView
{
    /// <summary>Not given: quantiles, and on the Prometheus page buckets.</summary>
    Default,

    /// <summary>Quantiles.</summary>
    Summary,

    /// <summary>Values below each bound.</summary>
    Cumulative,

    /// <summary>Values between two bounds.</summary>
    Disjoint,

    /// <summary>The buckets as recorded.</summary>
    Detailed,
}

namespace Envoy.Stats;

/// <summary>What a histogram's values are.</summary>
internal enum HistogramUnit
{
    /// <summary>A plain number.</summary>
    Unspecified,

    /// <summary>Milliseconds.</summary>
    Milliseconds,

    /// <summary>Bytes.</summary>
    Bytes,
}

namespace Envoy.Routing;

/// <summary>Which condition of a route did not hold.</summary>
internal enum RouteMismatch
{
    /// <summary>All held.</summary>
    None,

    /// <summary>The request has no path (CONNECT), and the route needs one.</summary>
    NoPath,

    /// <summary>The path.</summary>
    Path,

    /// <summary>The share of requests.</summary>
    RuntimeFraction,

    /// <summary>It is no gRPC request.</summary>
    Grpc,

    /// <summary>A header.</summary>
    Header,

    /// <summary>A query parameter.</summary>
    QueryParameter,

    /// <summary>A cookie.</summary>
    Cookie,

    /// <summary>The client's certificate.</summary>
    TlsContext,

    /// <summary>An object of the filter state, which nobody sets.</summary>
    FilterState,
}

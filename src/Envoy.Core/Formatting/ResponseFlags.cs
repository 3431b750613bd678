namespace Envoy.Formatting;

/// <summary>Why an exchange did not go as it should (Envoy's response flags, in Envoy's order; the short names are those of <c>%RESPONSE_FLAGS%</c>).</summary>
[Flags]
public enum ResponseFlags
{
    /// <summary>Nothing to say.</summary>
    None = 0,

    /// <summary>LH: a local health check failed.</summary>
    FailedLocalHealthCheck = 1 << 0,

    /// <summary>UH: no healthy host in the cluster.</summary>
    NoHealthyUpstream = 1 << 1,

    /// <summary>UT: the upstream's time was up.</summary>
    UpstreamRequestTimeout = 1 << 2,

    /// <summary>LR: the stream was reset on our side.</summary>
    LocalReset = 1 << 3,

    /// <summary>UR: the upstream reset the stream.</summary>
    UpstreamRemoteReset = 1 << 4,

    /// <summary>UF: no connection to the upstream.</summary>
    UpstreamConnectionFailure = 1 << 5,

    /// <summary>UC: the upstream ended the connection.</summary>
    UpstreamConnectionTermination = 1 << 6,

    /// <summary>UO: a limit of the cluster was reached.</summary>
    UpstreamOverflow = 1 << 7,

    /// <summary>NR: no route, or no filter chain.</summary>
    NoRouteFound = 1 << 8,

    /// <summary>DI: the request was delayed on purpose.</summary>
    DelayInjected = 1 << 9,

    /// <summary>FI: the request was aborted on purpose.</summary>
    FaultInjected = 1 << 10,

    /// <summary>RL: the request was over a rate limit.</summary>
    RateLimited = 1 << 11,

    /// <summary>UAEX: an authorization service said no.</summary>
    UnauthorizedExternalService = 1 << 12,

    /// <summary>RLSE: a rate-limit service failed.</summary>
    RateLimitServiceError = 1 << 13,

    /// <summary>DC: the client ended the connection.</summary>
    DownstreamConnectionTermination = 1 << 14,

    /// <summary>URX: retries or connect attempts used up.</summary>
    UpstreamRetryLimitExceeded = 1 << 15,

    /// <summary>SI: the stream was idle for too long.</summary>
    StreamIdleTimeout = 1 << 16,

    /// <summary>IH: a strictly checked <c>x-envoy-</c> header was wrong.</summary>
    InvalidEnvoyRequestHeaders = 1 << 17,

    /// <summary>DPE: the client broke the protocol.</summary>
    DownstreamProtocolError = 1 << 18,

    /// <summary>UMSDR: the upstream's stream lasted too long.</summary>
    UpstreamMaxStreamDurationReached = 1 << 19,

    /// <summary>RFCF: the response came from a cache.</summary>
    ResponseFromCacheFilter = 1 << 20,

    /// <summary>NFCF: a filter's configuration had not come.</summary>
    NoFilterConfigFound = 1 << 21,

    /// <summary>DT: the request, stream or connection lasted too long.</summary>
    DurationTimeout = 1 << 22,

    /// <summary>UPE: the upstream broke the protocol.</summary>
    UpstreamProtocolError = 1 << 23,

    /// <summary>NC: the route's cluster does not exist.</summary>
    NoClusterFound = 1 << 24,

    /// <summary>OM: the overload manager ended it.</summary>
    OverloadManager = 1 << 25,

    /// <summary>DF: a name could not be resolved.</summary>
    DnsResolutionFailed = 1 << 26,

    /// <summary>DO: dropped by the cluster's drop policy.</summary>
    DropOverload = 1 << 27,

    /// <summary>DR: the client reset the stream.</summary>
    DownstreamRemoteReset = 1 << 28,

    /// <summary>UDO: all of the cluster's requests are dropped.</summary>
    UnconditionalDropOverload = 1 << 29,
}

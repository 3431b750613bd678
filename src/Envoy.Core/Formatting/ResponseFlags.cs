namespace Envoy.Formatting;

/// <summary>Why an exchange did not go as it should (Envoy's response flags; the short names are those of <c>%RESPONSE_FLAGS%</c>).</summary>
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

    /// <summary>URX: retries or connect attempts used up.</summary>
    UpstreamRetryLimitExceeded = 1 << 9,

    /// <summary>DC: the client ended the connection.</summary>
    DownstreamConnectionTermination = 1 << 10,

    /// <summary>SI: the stream was idle for too long.</summary>
    StreamIdleTimeout = 1 << 11,

    /// <summary>DPE: the client broke the protocol.</summary>
    DownstreamProtocolError = 1 << 12,

    /// <summary>UPE: the upstream broke the protocol.</summary>
    UpstreamProtocolError = 1 << 13,

    /// <summary>NC: the route's cluster does not exist.</summary>
    NoClusterFound = 1 << 14,

    /// <summary>DT: the request, stream or connection lasted too long.</summary>
    DurationTimeout = 1 << 15,
}

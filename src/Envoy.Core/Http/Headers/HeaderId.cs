namespace Envoy.Http.Headers;

/// <summary>
/// The header names that the proxy itself looks at or writes, as small numbers: a lookup by id costs one array access. Everything else is
/// <see cref="Other"/> and is found by its name. The order is free to change between versions: never store a number.
/// </summary>
public enum HeaderId : byte
{
    /// <summary>A name without an id of its own.</summary>
    Other,

    /// <summary><c>:method</c>.</summary>
    Method,

    /// <summary><c>:path</c>.</summary>
    Path,

    /// <summary><c>:authority</c>.</summary>
    Authority,

    /// <summary><c>:scheme</c>.</summary>
    Scheme,

    /// <summary><c>:status</c>.</summary>
    Status,

    /// <summary><c>:protocol</c>.</summary>
    Protocol,

    /// <summary><c>host</c>.</summary>
    Host,

    /// <summary><c>connection</c>.</summary>
    Connection,

    /// <summary><c>keep-alive</c>.</summary>
    KeepAlive,

    /// <summary><c>proxy-connection</c>.</summary>
    ProxyConnection,

    /// <summary><c>transfer-encoding</c>.</summary>
    TransferEncoding,

    /// <summary><c>content-length</c>.</summary>
    ContentLength,

    /// <summary><c>te</c>.</summary>
    TE,

    /// <summary><c>trailer</c>.</summary>
    Trailer,

    /// <summary><c>upgrade</c>.</summary>
    Upgrade,

    /// <summary><c>http2-settings</c>.</summary>
    Http2Settings,

    /// <summary><c>expect</c>.</summary>
    Expect,

    /// <summary><c>content-type</c>.</summary>
    ContentType,

    /// <summary><c>content-encoding</c>.</summary>
    ContentEncoding,

    /// <summary><c>date</c>.</summary>
    Date,

    /// <summary><c>server</c>.</summary>
    Server,

    /// <summary><c>user-agent</c>.</summary>
    UserAgent,

    /// <summary><c>via</c>.</summary>
    Via,

    /// <summary><c>accept</c>.</summary>
    Accept,

    /// <summary><c>accept-encoding</c>.</summary>
    AcceptEncoding,

    /// <summary><c>accept-language</c>.</summary>
    AcceptLanguage,

    /// <summary><c>cookie</c>.</summary>
    Cookie,

    /// <summary><c>set-cookie</c>.</summary>
    SetCookie,

    /// <summary><c>location</c>.</summary>
    Location,

    /// <summary><c>referer</c>.</summary>
    Referer,

    /// <summary><c>origin</c>.</summary>
    Origin,

    /// <summary><c>authorization</c>.</summary>
    Authorization,

    /// <summary><c>cache-control</c>.</summary>
    CacheControl,

    /// <summary><c>etag</c>.</summary>
    ETag,

    /// <summary><c>last-modified</c>.</summary>
    LastModified,

    /// <summary><c>if-none-match</c>.</summary>
    IfNoneMatch,

    /// <summary><c>if-modified-since</c>.</summary>
    IfModifiedSince,

    /// <summary><c>range</c>.</summary>
    Range,

    /// <summary><c>vary</c>.</summary>
    Vary,

    /// <summary><c>forwarded</c>.</summary>
    Forwarded,

    /// <summary><c>x-request-id</c>.</summary>
    XRequestId,

    /// <summary><c>x-forwarded-for</c>.</summary>
    XForwardedFor,

    /// <summary><c>x-forwarded-proto</c>.</summary>
    XForwardedProto,

    /// <summary><c>x-forwarded-host</c>.</summary>
    XForwardedHost,

    /// <summary><c>x-forwarded-port</c>.</summary>
    XForwardedPort,

    /// <summary><c>x-forwarded-client-cert</c>.</summary>
    XForwardedClientCert,

    /// <summary><c>x-envoy-internal</c>.</summary>
    XEnvoyInternal,

    /// <summary><c>x-envoy-external-address</c>.</summary>
    XEnvoyExternalAddress,

    /// <summary><c>x-envoy-original-path</c>.</summary>
    XEnvoyOriginalPath,

    /// <summary><c>x-envoy-original-host</c>.</summary>
    XEnvoyOriginalHost,

    /// <summary><c>x-envoy-attempt-count</c>.</summary>
    XEnvoyAttemptCount,

    /// <summary><c>x-envoy-expected-rq-timeout-ms</c>.</summary>
    XEnvoyExpectedRqTimeoutMs,

    /// <summary><c>x-envoy-upstream-rq-timeout-ms</c>.</summary>
    XEnvoyUpstreamRqTimeoutMs,

    /// <summary><c>x-envoy-upstream-rq-per-try-timeout-ms</c>.</summary>
    XEnvoyUpstreamRqPerTryTimeoutMs,

    /// <summary><c>x-envoy-upstream-service-time</c>.</summary>
    XEnvoyUpstreamServiceTime,

    /// <summary><c>x-envoy-upstream-canary</c>.</summary>
    XEnvoyUpstreamCanary,

    /// <summary><c>x-envoy-overloaded</c>.</summary>
    XEnvoyOverloaded,

    /// <summary><c>x-envoy-ratelimited</c>.</summary>
    XEnvoyRatelimited,

    /// <summary><c>x-envoy-degraded</c>.</summary>
    XEnvoyDegraded,

    /// <summary><c>x-envoy-retry-on</c>.</summary>
    XEnvoyRetryOn,

    /// <summary><c>x-envoy-retry-grpc-on</c>.</summary>
    XEnvoyRetryGrpcOn,

    /// <summary><c>x-envoy-max-retries</c>.</summary>
    XEnvoyMaxRetries,

    /// <summary><c>x-envoy-is-timeout-retry</c>.</summary>
    XEnvoyIsTimeoutRetry,

    /// <summary><c>x-envoy-immediate-health-check-fail</c>.</summary>
    XEnvoyImmediateHealthCheckFail,

    /// <summary><c>x-envoy-decorator-operation</c>.</summary>
    XEnvoyDecoratorOperation,

    /// <summary><c>x-envoy-force-trace</c>.</summary>
    XEnvoyForceTrace,

    /// <summary><c>grpc-status</c>.</summary>
    GrpcStatus,

    /// <summary><c>grpc-message</c>.</summary>
    GrpcMessage,

    /// <summary><c>grpc-timeout</c>.</summary>
    GrpcTimeout,

    /// <summary><c>grpc-encoding</c>.</summary>
    GrpcEncoding,

    /// <summary><c>grpc-accept-encoding</c>.</summary>
    GrpcAcceptEncoding,
}

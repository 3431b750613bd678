namespace Envoy.AccessLog;

/// <summary>A named access log with its options (<c>envoy.config.accesslog.v3.AccessLog</c>). Immutable.</summary>
/// <param name="Name">The configured name, shown in messages; the options' type decides which log it is.</param>
/// <param name="Options">The log's own record.</param>
public sealed record AccessLogConfig(string Name, AccessLogOptions Options)
{
    /// <summary>Which exchanges are written. Default null: all.</summary>
    public AccessLogFilterConfig? Filter { get; init; }

    /// <summary>An access log of the host program's own.</summary>
    public static AccessLogConfig Of(IAccessLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return new AccessLogConfig("custom", new CustomAccessLogOptions(log));
    }
}

using Envoy.Formatting;

namespace Envoy.AccessLog;

/// <summary>One worker's part of an access log. Worker-owned.</summary>
internal interface IAccessLogWriter
{
    /// <summary>Takes what it needs from <paramref name="context"/>, which is reused afterwards.</summary>
    void Log(FormatContext context);
}

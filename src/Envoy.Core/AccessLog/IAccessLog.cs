using Envoy.Formatting;

namespace Envoy.AccessLog;

/// <summary>Is told of every finished exchange, on the worker it ran on; several workers call at the same time.</summary>
public interface IAccessLog
{
    /// <summary>Takes what it needs from <paramref name="info"/>, which is reused afterwards. Must not block.</summary>
    void Log(StreamInfo info);
}

using Envoy.Runtime;

namespace Envoy.AccessLog;

/// <summary>An access log, compiled. Immutable.</summary>
internal interface ICompiledAccessLog
{
    /// <summary>One worker's part of it.</summary>
    IAccessLogWriter CreateWriter(Worker worker);
}

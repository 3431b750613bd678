using Envoy.AccessLog.Files;
using Envoy.Formatting;
using Envoy.Runtime;

namespace Envoy.AccessLog;

/// <summary>An access log of the host program's own. Immutable.</summary>
/// <param name="Log">Told of every exchange that the filter lets through, on the exchange's worker.</param>
public sealed record CustomAccessLogOptions(IAccessLog Log) : AccessLogOptions
{
    internal override ICompiledAccessLog Compile(LogFiles files) => new Compiled(Log);

    private sealed class Compiled(IAccessLog log) : ICompiledAccessLog, IAccessLogWriter
    {
        public IAccessLogWriter CreateWriter(Worker worker) => this;

        public void Log(FormatContext context) => log.Log(context.Info);
    }
}

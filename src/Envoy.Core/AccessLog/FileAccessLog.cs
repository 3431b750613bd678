using Envoy.AccessLog.Files;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Runtime;

namespace Envoy.AccessLog;

/// <summary>Writes entries to a file. Immutable.</summary>
internal sealed class FileAccessLog(CompiledFormat format, LogFile file) : ICompiledAccessLog
{
    public IAccessLogWriter CreateWriter(Worker worker) => new Writer(format, file.BufferOf(worker));

    private sealed class Writer(CompiledFormat format, WorkerLogBuffer buffer) : IAccessLogWriter
    {
        private readonly ByteSink _line = new();

        public void Log(FormatContext context)
        {
            _line.Clear();
            format.Write(context, _line);
            buffer.Append(_line.Written);
        }
    }
}

using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace EnvoyHost;

/// <summary>Messages on standard error as Envoy writes them: <c>[2026-01-31 12:00:00.000][thread][level][name] message</c>. Thread-safe.</summary>
internal sealed class StandardErrorLog(LogLevel least) : ILoggerFactory
{
    private readonly Stream _stream = Console.OpenStandardError();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public void Write(LogLevel level, string name, string message)
    {
        if (level < least || level == LogLevel.None)
            return;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"[{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss.fff}][{Environment.CurrentManagedThreadId}][{NameOf(level)}][{name}] {message}\n");

        // One write a line, so that lines of several threads do not mix.
        lock (_stream)
            _stream.Write(Encoding.UTF8.GetBytes(line));
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    private sealed class Logger(StandardErrorLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Write(logLevel, name, exception is null ? formatter(state, null) : formatter(state, exception) + "\n" + exception);
        }
    }

    private LogLevel Least => least;
}

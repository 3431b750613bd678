using Microsoft.Extensions.Logging;

namespace Envoy.TransportSockets.Tls;

/// <summary>Log messages of TLS.</summary>
internal static partial class TlsLog
{
    [LoggerMessage(300, LogLevel.Information, "{Scope}: certificates were read again from their files.")]
    public static partial void Reloaded(ILogger logger, string scope);

    [LoggerMessage(301, LogLevel.Warning, "{Scope}: certificates could not be read again, and those before stay in use: {Error}")]
    public static partial void NotReloaded(ILogger logger, string scope, string error);
}

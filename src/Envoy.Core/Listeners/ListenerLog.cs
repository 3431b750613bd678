using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Envoy.Listeners;

/// <summary>Log messages of listeners.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(200, LogLevel.Warning, "Listener {Listener} cannot accept for the moment: {Error}.")]
    public static partial void AcceptFailed(ILogger logger, string listener, SocketError error);

    [LoggerMessage(201, LogLevel.Information, "Listener {Listener} listens on {Address}.")]
    public static partial void Listening(ILogger logger, string listener, string address);
}

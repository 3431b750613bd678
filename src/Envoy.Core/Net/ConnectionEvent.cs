namespace Envoy.Net;

/// <summary>What happened to a connection as a whole.</summary>
public enum ConnectionEvent
{
    /// <summary>An outgoing connection is made.</summary>
    Connected,

    /// <summary>The peer ended or reset it, or it broke. Nothing more happens on it.</summary>
    RemoteClose,

    /// <summary>Our side ended it. Nothing more happens on it.</summary>
    LocalClose,
}

using Envoy.Runtime;

namespace Envoy.Net;

/// <summary>What a cluster's transport socket makes of outgoing connections, on one worker. Worker-owned.</summary>
internal interface IUpstreamTransportSocket
{
    /// <summary>What goes over its connections is encrypted.</summary>
    bool IsSecure { get; }

    /// <summary>Its connections tell the host of one client each, so that no other may use them.</summary>
    bool TellsClient { get; }

    /// <summary>Goes between <paramref name="inner"/>, which is connecting, and its handler, who hears when the whole is connected.</summary>
    Transport Wrap(Worker worker, Transport inner, UpstreamSocketOptions? options);
}

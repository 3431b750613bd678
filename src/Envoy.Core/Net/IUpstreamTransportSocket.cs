using Envoy.Runtime;

namespace Envoy.Net;

/// <summary>What a cluster's transport socket makes of outgoing connections, on one worker. Worker-owned.</summary>
internal interface IUpstreamTransportSocket
{
    /// <summary>Goes between <paramref name="inner"/>, which is connecting, and its handler, who hears when the whole is connected.</summary>
    Transport Wrap(Worker worker, Transport inner, UpstreamSocketOptions? options);
}

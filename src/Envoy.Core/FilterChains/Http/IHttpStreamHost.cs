using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;

namespace Envoy.FilterChains.Http;

/// <summary>The stream that a filter chain serves, as the chain sees it. Worker-owned.</summary>
internal interface IHttpStreamHost
{
    Worker Worker { get; }

    /// <summary>The client's connection; null for a stream that came without one.</summary>
    Connection? Connection { get; }

    /// <summary>Upstreams may be told of that connection by the PROXY protocol.</summary>
    bool TellsClient { get; }

    StreamInfo StreamInfo { get; }

    HeaderMap RequestHeaders { get; }

    HeaderMap RequestTrailers { get; }

    HeaderMap ResponseHeaders { get; }

    HeaderMap ResponseTrailers { get; }

    /// <summary>How much a filter may hold, in bytes; 0: no limit. The connection's, until a filter sets another one for this stream.</summary>
    long BufferLimit { get; set; }

    /// <summary>The route of the request as it is now; found once and kept until cleared. Set to put one back that was found before.</summary>
    RouteMatchResult Match { get; set; }

    /// <summary>The client asks to change to another protocol, and may.</summary>
    bool IsUpgrading { get; }

    /// <summary>The client asks for a tunnel with CONNECT, and may have it.</summary>
    bool IsConnecting { get; }

    /// <summary>The stream's random number, for shares and draws.</summary>
    ulong RandomValue { get; }

    /// <summary>The route table as this worker sees it.</summary>
    RouteMatcher Routes { get; }

    /// <summary>What formats are filled from; valid for the moment.</summary>
    FormatContext Formatting { get; }

    /// <summary>Interim responses go to the client; otherwise they are dropped before the filters.</summary>
    bool PassesInformational { get; }

    /// <summary>The redirects of the upstream that were followed here so far.</summary>
    RedirectHistory Redirects { get; }

    /// <summary>
    /// Serves the request, whose headers have been changed, anew in a later turn: through all filters, as another exchange. The request is
    /// complete, its body is <paramref name="body"/>, which is emptied, and no response has begun.
    /// </summary>
    void Recreate(ByteQueue body);

    /// <summary>
    /// Brings the request's authority and path into the form that routes look at, as was done when it came. False: what it has become since
    /// must not be served.
    /// </summary>
    bool NormalizeTarget();

    void ClearRouteCache();

    void SendInformational();

    void SendHeaders(bool endStream);

    void SendData(ByteQueue data, bool endStream);

    void SendTrailers();

    void SendLocalReply(in LocalReply reply);

    /// <summary>A filter held more of the request than the limit.</summary>
    void OnRequestTooLarge();

    /// <summary>A filter held more of the response than the limit.</summary>
    void OnResponseTooLarge();

    void Reset();

    /// <summary>Holds the client back (true) or lets it send (false); calls nest.</summary>
    void ReadDisable(bool disable);
}

using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.RuntimeSettings;

namespace Envoy.Routing;

/// <summary>What a route looks at. Lives as long as one look-up.</summary>
internal readonly ref struct RouteInput
{
    /// <summary>The input of one look-up.</summary>
    /// <param name="headers">The request's headers, as the connection manager has prepared them.</param>
    /// <param name="random">The stream's random number: the same for all fractions and weights, so that a second look-up finds the same route.</param>
    /// <param name="runtime">The runtime's keys.</param>
    /// <param name="scratch">The worker's room for patterns.</param>
    public RouteInput(HeaderMap headers, ulong random, RuntimeSnapshot runtime, MatchScratch scratch)
    {
        Headers = headers;
        Random = random;
        Runtime = runtime;
        Scratch = scratch;
    }

    public HeaderMap Headers { get; }

    public ulong Random { get; }

    public RuntimeSnapshot Runtime { get; }

    public MatchScratch Scratch { get; }

    /// <summary>The client showed a certificate.</summary>
    public bool CertificatePresented { get; init; }

    /// <summary>The client's certificate was validated.</summary>
    public bool CertificateValidated { get; init; }
}

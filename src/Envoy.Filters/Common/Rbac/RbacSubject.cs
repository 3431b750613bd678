using System.Net;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Net;

namespace Envoy.Filters.Common.Rbac;

/// <summary>A connection, or a request on one, that rules are asked about. Valid for the moment.</summary>
/// <param name="connection">The connection; null for a request that came without one.</param>
/// <param name="headers">The request's headers; null: there is no request.</param>
/// <param name="remote">The client.</param>
/// <param name="scratch">The worker's room.</param>
internal readonly ref struct RbacSubject(Connection? connection, HeaderMap? headers, EndPoint? remote, MatchScratch scratch)
{
    public Connection? Connection { get; } = connection;

    public HeaderMap? Headers { get; } = headers;

    public MatchScratch Scratch { get; } = scratch;

    /// <summary>One of its addresses; null where it is none of IP.</summary>
    public IPEndPoint? AddressOf(RbacAddress address) => (address switch
    {
        RbacAddress.Destination => Connection?.LocalAddress,
        RbacAddress.Source => Connection?.RemoteAddress,
        RbacAddress.DirectRemote => Connection?.DirectRemoteAddress,
        _ => remote,
    }) as IPEndPoint;
}

using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Routing;

/// <summary>The name of the cluster that a request goes to.</summary>
internal static class ClusterName
{
    /// <summary>The route's own, the drawn cluster's, or what a header says; empty: a header that is not there, or a draw that failed.</summary>
    public static string Of(in RouteMatchResult match, ForwardAction forward, HeaderMap request)
    {
        if (match.Weighted is { } weighted)
            return weighted.Header is { } header ? Read(header, request) : weighted.Name;
        return forward.ClusterHeader is { } name ? Read(name, request) : forward.Cluster;
    }

    private static string Read(HeaderName header, HeaderMap request) => header.TryGet(request, out var value) ? Encoding.UTF8.GetString(value) : "";
}

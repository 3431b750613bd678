using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;

namespace Envoy.Routing;

/// <summary>Tells what a route table does with a request and why, by running what requests run. Used by one thread.</summary>
internal static class RouteExplainer
{
    /// <param name="matcher">The table.</param>
    /// <param name="request">The request as the connection manager hands it to the filters; changed as on its way to the upstream.</param>
    /// <param name="response">The response's headers; changed as on their way to the client.</param>
    /// <param name="random">The request's random number.</param>
    /// <param name="context">What formats are filled from.</param>
    public static RouteExplanation Explain(RouteMatcher matcher, HeaderMap request, HeaderMap response, ulong random, FormatContext context)
    {
        var match = matcher.Match(request, random);
        context.RequestHeaders = request;
        context.ResponseHeaders = response;
        var explanation = new RouteExplanation { VirtualHost = match.VirtualHost?.Name, Status = 404 };
        if (match.VirtualHost is not { } host)
            return explanation;
        explanation = explanation with { Skipped = SkippedBefore(matcher, host, match.Route, matcher.InputOf(request, random)) };
        if (match.Route is not { } route)
            return explanation;
        explanation = explanation with { RouteIndex = route.Index, RouteName = route.Name };
        explanation = route.Action switch
        {
            ForwardAction forward => Forward(explanation, matcher, match, forward, request, response, context),
            RedirectAction redirect => Redirect(explanation, matcher, match, redirect, request, response, context),
            DirectResponseAction direct => Direct(explanation, match, direct, response, context),
            _ => explanation with { Outcome = RouteOutcome.NonForwarding },
        };
        return explanation with { RequestHeaders = List(request), ResponseHeaders = List(response) };
    }

    private static RouteExplanation Forward(
        RouteExplanation explanation, RouteMatcher matcher, in RouteMatchResult match, ForwardAction forward, HeaderMap request, HeaderMap response, FormatContext context)
    {
        var sink = new ByteSink();
        var cluster = ClusterName.Of(match, forward, request);
        var virtualCluster = match.VirtualHost!.FindVirtualCluster(request, matcher.Scratch)?.Name;
        var mirrors = forward.Mirrors.Select(m => m.Cluster.Length > 0 ? m.Cluster : Text(m.ClusterHeader, request)).ToList();
        RequestRewriting.FinishRequest(match.Route!, match.Weighted, request, context, matcher.Scratch, sink, keepOriginal: true);
        RequestRewriting.FinishResponse(match.Route!, match.Weighted, response, context, sink);
        return explanation with
        {
            Outcome = RouteOutcome.Forward,
            Cluster = cluster,
            VirtualCluster = virtualCluster,
            Status = forward.ClusterNotFoundStatus,
            Path = request.GetString(HeaderId.Path) ?? "",
            Host = request.GetString(HeaderId.Authority) ?? "",
            Timeout = forward.Timeout > TimeSpan.Zero ? forward.Timeout : null,
            IdleTimeout = forward.IdleTimeout,
            PerTryTimeout = forward.Retry?.Config.PerTryTimeout is { } perTry && perTry > TimeSpan.Zero ? perTry : null,
            NumRetries = forward.Retry?.Config.NumRetries ?? 1,
            Mirrors = mirrors,
        };
    }

    private static RouteExplanation Redirect(
        RouteExplanation explanation, RouteMatcher matcher, in RouteMatchResult match, RedirectAction redirect, HeaderMap request, HeaderMap response, FormatContext context)
    {
        redirect.SetLocation(match.Route!, request, response, matcher.Scratch);
        var location = response.GetString(HeaderId.Location);
        RequestRewriting.FinishResponse(match.Route!, null, response, context, new ByteSink());
        return explanation with { Outcome = RouteOutcome.Redirect, Status = redirect.Status, Location = location };
    }

    private static RouteExplanation Direct(RouteExplanation explanation, in RouteMatchResult match, DirectResponseAction direct, HeaderMap response, FormatContext context)
    {
        LocalHeaders(direct, response, context);
        RequestRewriting.FinishResponse(match.Route!, null, response, context, new ByteSink());
        return explanation with { Outcome = RouteOutcome.DirectResponse, Status = direct.Status };
    }

    // What the connection manager would begin the answer with.
    private static void LocalHeaders(DirectResponseAction direct, HeaderMap response, FormatContext context)
    {
        response.Set(HeaderId.Status, Encoding.ASCII.GetBytes(direct.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var body = direct.BodyFor(context);
        if (body.IsEmpty)
            return;
        response.Set(HeaderId.ContentLength, Encoding.ASCII.GetBytes(body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        response.Set(HeaderId.ContentType, Encoding.ASCII.GetBytes(direct.Format?.ContentType ?? "text/plain"));
    }

    private static List<SkippedRoute> SkippedBefore(RouteMatcher matcher, VirtualHost host, Route? found, in RouteInput input)
    {
        var skipped = new List<SkippedRoute>();
        if (found is { Index: < 0 })
            return skipped;
        var hasPath = input.Headers.TryGet(HeaderId.Path, out var path);
        path = matcher.Table.PathOf(path);
        foreach (var route in host.Routes)
        {
            if (ReferenceEquals(route, found))
                break;
            skipped.Add(new SkippedRoute(route.Index, route.Name, Reason(route, input, path, hasPath)));
        }

        return skipped;
    }

    private static string Reason(Route route, in RouteInput input, ReadOnlySpan<byte> path, bool hasPath)
    {
        var scratch = input.Scratch;
        return route.Check(input, path, hasPath) switch
        {
            RouteMismatch.NoPath => "the request has no path",
            RouteMismatch.Path => $"path \"{Encoding.UTF8.GetString(path)}\" does not match {route.Path}",
            RouteMismatch.RuntimeFraction => "the request is not in the share of "
                + $"{route.Fraction!.DefaultValue.Numerator}/{route.Fraction.DefaultValue.Whole}{(route.Fraction.RuntimeKey.Length == 0 ? "" : " or of the runtime key " + route.Fraction.RuntimeKey)}",
            RouteMismatch.Grpc => "it is no gRPC request",
            RouteMismatch.Header => "does not match " + route.Headers!.Describe(route.Headers.FirstMismatch(input.Headers, scratch)),
            RouteMismatch.QueryParameter => "does not match " + route.QueryParameters!.Describe(route.QueryParameters.FirstMismatch(input.Headers.Get(HeaderId.Path), scratch)),
            RouteMismatch.Cookie => "does not match " + route.Cookies!.Describe(route.Cookies.FirstMismatch(input.Headers, scratch)),
            RouteMismatch.TlsContext => "the client's certificate is not as the route wants it",

            RouteMismatch.FilterState => "it asks for filter state, which no filter has set",

            // Its conditions hold, so the virtual host decided before any route was asked.
            _ => "the virtual host gives no route to a request without x-forwarded-proto",
        };
    }

    private static string Text(HeaderName? header, HeaderMap request) =>
        header is { } name && name.TryGet(request, out var value) ? Encoding.UTF8.GetString(value) : "";

    private static List<KeyValuePair<string, string>> List(HeaderMap headers)
    {
        var list = new List<KeyValuePair<string, string>>();
        foreach (var field in headers)
            list.Add(new(Encoding.ASCII.GetString(field.Name), Encoding.Latin1.GetString(field.Value)));
        return list;
    }
}

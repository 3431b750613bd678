using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>One compiled route: its conditions and its action. Immutable.</summary>
internal sealed class Route
{
    internal Route(VirtualHost virtualHost, string name, PathCondition path, RouteAction action)
    {
        VirtualHost = virtualHost;
        Name = name;
        Path = path;
        Action = action;
    }

    /// <summary>The virtual host it belongs to.</summary>
    public VirtualHost VirtualHost { get; }

    /// <summary>Its name for messages and access logs; may be empty.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public RouteAction Action { get; }

    /// <summary>Its condition on the path.</summary>
    public PathCondition Path { get; }

    /// <summary>Its place in the virtual host; -1 for the redirect of a host that requires TLS.</summary>
    public int Index { get; init; } = -1;

    /// <summary>The share of requests; null: all.</summary>
    public RuntimeFractionConfig? Fraction { get; init; }

    public bool GrpcOnly { get; init; }

    public HeaderMatcherSet? Headers { get; init; }

    public QueryParameterMatcherSet? QueryParameters { get; init; }

    public CookieMatcherSet? Cookies { get; init; }

    public TlsContextMatchConfig? TlsContext { get; init; }

    /// <summary>It asks for filter state, which nobody sets.</summary>
    public bool NeedsFilterState { get; init; }

    /// <summary>Changes to requests, in the order in which they are made.</summary>
    public HeaderMutations[] RequestMutations { get; init; } = [];

    /// <summary>Changes to responses, in the order in which they are made.</summary>
    public HeaderMutations[] ResponseMutations { get; init; } = [];

    /// <summary>Filters' options for this route and what is above it; null: none.</summary>
    public RouteFilterSet? FilterOptions { get; init; }

    /// <summary>How much of a request's body is kept for retries and mirrors; null: the connection's buffer limit.</summary>
    public ulong? BodyBufferLimit { get; init; }

    /// <summary>Name for <c>vhost.HOST.route.NAME.</c>; empty: no statistics.</summary>
    public string StatPrefix { get; init; } = "";

    /// <summary>Whether every condition holds.</summary>
    /// <param name="input">The request.</param>
    /// <param name="path">Its path as path conditions see it.</param>
    /// <param name="hasPath">It has one.</param>
    public bool Matches(in RouteInput input, ReadOnlySpan<byte> path, bool hasPath) => Check(input, path, hasPath) == RouteMismatch.None;

    /// <summary>The first condition that does not hold.</summary>
    public RouteMismatch Check(in RouteInput input, ReadOnlySpan<byte> path, bool hasPath)
    {
        if (!hasPath && Path.Kind != PathCondition.PathKind.Connect)
            return RouteMismatch.NoPath;
        if (!Path.Matches(path, input.Headers.Get(HeaderId.Method), input.Scratch))
            return RouteMismatch.Path;
        if (Fraction is not null && !Fractions.IsMet(Fraction, input.Runtime, input.Random))
            return RouteMismatch.RuntimeFraction;
        if (GrpcOnly && !GrpcContentType.Is(input.Headers.Get(HeaderId.ContentType)))
            return RouteMismatch.Grpc;
        if (Headers is not null && !Headers.Matches(input.Headers, input.Scratch))
            return RouteMismatch.Header;
        if (QueryParameters is not null && !QueryParameters.Matches(input.Headers.Get(HeaderId.Path), input.Scratch))
            return RouteMismatch.QueryParameter;
        if (Cookies is not null && !Cookies.Matches(input.Headers, input.Scratch))
            return RouteMismatch.Cookie;
        if (TlsContext is { } tls
            && ((tls.Presented ?? input.CertificatePresented) != input.CertificatePresented || (tls.Validated ?? input.CertificateValidated) != input.CertificateValidated))
        {
            return RouteMismatch.TlsContext;
        }

        return NeedsFilterState ? RouteMismatch.FilterState : RouteMismatch.None;
    }
}

using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Routing;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>
/// Connections go through a tunnel that an upstream proxy is asked for (<c>TcpProxy.TunnelingConfig</c>), over whichever HTTP the cluster speaks.
/// Immutable.
/// </summary>
public sealed record TunnelingConfig
{
    internal static readonly FieldTable<TunnelingConfig> Fields = new FieldTable<TunnelingConfig>(
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig", new TunnelingConfig())
        .Text("hostname", t => t.Hostname, (t, v) => t with { Hostname = v }, required: true)
        .Bool("use_post", t => t.UsePost, (t, v) => t with { UsePost = v })
        .Text("post_path", t => t.PostPath, (t, v) => t with { PostPath = v })
        .List("headers_to_add", "HeaderValueOption", t => t.HeadersToAdd, (t, v) => t with { HeadersToAdd = v }, HeaderMutationsReader.TryRead)
        .NotYet("propagate_response_headers=false", "propagate_response_trailers=false", "request_id_extension", "request_id_header", "request_id_metadata_key");

    /// <summary>Host and port that the tunnel is to, in which <c>%OPERATORS%</c> stand for what they name; required.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Ask with POST instead of CONNECT. Default false.</summary>
    public bool UsePost { get; init; }

    /// <summary>The path of POST; empty (default): <c>/</c>.</summary>
    public string PostPath { get; init; } = "";

    /// <summary>Headers of the request, in order. Default: none.</summary>
    public ValueList<HeaderValueOptionConfig> HeadersToAdd { get; init; } = [];

    internal void Validate(ConfigValidation validation)
    {
        if (PostPath.Length > 0 && !UsePost)
            validation.Error(this, "post_path", "Can't set a post path when POST method isn't used");
        if (Hostname.Length == 0)
            validation.Error(this, "hostname", "must not be empty");
        else if (SubstitutionFormat.TryCompile(Hostname, omitEmpty: true, out var error) is null)
            validation.Error(this, "hostname", error);
        List<RouteError> errors = [];
        _ = HeaderMutations.Compile(HeadersToAdd, [], "headers_to_add", "", errors);
        foreach (var wrong in errors)
            validation.Error(this, wrong.Path, wrong.Message);
    }
}

using System.Text;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>A copy of requests to another cluster, compiled. Immutable.</summary>
internal sealed class RequestMirror
{
    internal RequestMirror(RequestMirrorPolicyConfig config)
    {
        Config = config;
        ClusterHeader = config.ClusterHeader.Length == 0 ? null : new HeaderName(config.ClusterHeader);
        HostRewrite = Encoding.UTF8.GetBytes(config.HostRewriteLiteral);
    }

    /// <summary>What was asked for.</summary>
    public RequestMirrorPolicyConfig Config { get; }

    /// <summary>The cluster's name; empty: <see cref="ClusterHeader"/> says it.</summary>
    public string Cluster => Config.Cluster;

    public HeaderName? ClusterHeader { get; }

    /// <summary>The share of requests; null: all.</summary>
    public RuntimeFractionConfig? Fraction => Config.RuntimeFraction;

    /// <summary>The copy's host; empty: the request's.</summary>
    public byte[] HostRewrite { get; }
}

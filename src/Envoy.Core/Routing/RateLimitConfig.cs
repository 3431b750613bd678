using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>
/// How a rate-limit descriptor is made of a request (<c>route.v3.RateLimit</c>): each action yields an entry, and if one yields nothing there
/// is no descriptor. Rate-limit filters read it; nothing else does. Immutable.
/// </summary>
public sealed record RateLimitConfig
{
    /// <summary>The filter's stage that uses it, 0 (default) to 10.</summary>
    public uint Stage { get; init; }

    /// <summary>The runtime key that turns it off; empty (default): none.</summary>
    public string DisableKey { get; init; } = "";

    /// <summary>The actions; at least one.</summary>
    public required ValueList<RateLimitActionConfig> Actions { get; init; }

    /// <summary>It counts when the stream is over. Default false.</summary>
    public bool ApplyOnStreamDone { get; init; }
}

/// <summary>One entry of a descriptor (<c>RateLimit.Action</c>). Immutable.</summary>
public abstract record RateLimitActionConfig;

/// <summary>The cluster that this proxy is of: <c>source_cluster</c>.</summary>
public sealed record SourceClusterActionConfig : RateLimitActionConfig;

/// <summary>The cluster that the request goes to: <c>destination_cluster</c>.</summary>
public sealed record DestinationClusterActionConfig : RateLimitActionConfig;

/// <summary>The client's trusted address: <c>remote_address</c>.</summary>
public sealed record RemoteAddressActionConfig : RateLimitActionConfig;

/// <summary>The client's network: <c>masked_remote_address</c>.</summary>
/// <param name="V4PrefixLength">Default 32.</param>
/// <param name="V6PrefixLength">Default 128.</param>
public sealed record MaskedRemoteAddressActionConfig(uint V4PrefixLength = 32, uint V6PrefixLength = 128) : RateLimitActionConfig;

/// <summary>A request header.</summary>
/// <param name="HeaderName">The header.</param>
/// <param name="DescriptorKey">The entry's key.</param>
/// <param name="SkipIfAbsent">Without the header there is no entry, but a descriptor. Default false.</param>
public sealed record RequestHeaderActionConfig(string HeaderName, string DescriptorKey, bool SkipIfAbsent = false) : RateLimitActionConfig;

/// <summary>A query parameter.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="DescriptorKey">The entry's key.</param>
/// <param name="SkipIfAbsent">Without it there is no entry, but a descriptor. Default false.</param>
public sealed record QueryParameterActionConfig(string Name, string DescriptorKey, bool SkipIfAbsent = false) : RateLimitActionConfig;

/// <summary>A constant.</summary>
/// <param name="DescriptorValue">The entry's value.</param>
/// <param name="DescriptorKey">The entry's key. Default <c>generic_key</c>.</param>
public sealed record GenericKeyActionConfig(string DescriptorValue, string DescriptorKey = "generic_key") : RateLimitActionConfig;

/// <summary>A constant where all headers match.</summary>
/// <param name="DescriptorValue">The entry's value.</param>
/// <param name="Headers">The conditions; at least one.</param>
public sealed record HeaderValueMatchActionConfig(string DescriptorValue, ValueList<HeaderMatcherConfig> Headers) : RateLimitActionConfig
{
    /// <summary>The entry's key. Default <c>header_match</c>.</summary>
    public string DescriptorKey { get; init; } = "header_match";

    /// <summary>False: where they do not match. Default true.</summary>
    public bool ExpectMatch { get; init; } = true;
}

/// <summary>A constant where all query parameters match.</summary>
/// <param name="DescriptorValue">The entry's value.</param>
/// <param name="QueryParameters">The conditions; at least one.</param>
public sealed record QueryParameterValueMatchActionConfig(string DescriptorValue, ValueList<QueryParameterMatcherConfig> QueryParameters)
    : RateLimitActionConfig
{
    /// <summary>The entry's key. Default <c>query_match</c>.</summary>
    public string DescriptorKey { get; init; } = "query_match";

    /// <summary>False: where they do not match. Default true.</summary>
    public bool ExpectMatch { get; init; } = true;
}

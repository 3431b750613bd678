using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Something of a request that a balancer's hash is made of (<c>RouteAction.HashPolicy</c>). Immutable.</summary>
public abstract record HashPolicyConfig
{
    /// <summary>Once there is a hash the policies behind this one are not asked. Default false.</summary>
    public bool Terminal { get; init; }
}

/// <summary>A header's values.</summary>
/// <param name="Name">The header.</param>
public sealed record HeaderHashPolicyConfig(string Name) : HashPolicyConfig
{
    /// <summary>What is done to a value before it is hashed; null (default): nothing.</summary>
    public RegexMatchAndSubstituteConfig? RegexRewrite { get; init; }
}

/// <summary>A cookie, which is made where it has a lifetime and is not there.</summary>
/// <param name="Name">The cookie.</param>
public sealed record CookieHashPolicyConfig(string Name) : HashPolicyConfig
{
    /// <summary>The lifetime of a cookie that is made; zero: the session's; null (default): none is made.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Its path; empty (default): none.</summary>
    public string Path { get; init; } = "";

    /// <summary>Further attributes, such as <c>SameSite</c>. Default: none.</summary>
    public ValueList<CookieAttributeConfig> Attributes { get; init; } = [];
}

/// <summary>An attribute of a cookie. Immutable.</summary>
public sealed record CookieAttributeConfig(string Name, string Value);

/// <summary>The client's address.</summary>
public sealed record SourceIpHashPolicyConfig : HashPolicyConfig;

/// <summary>A query parameter's first value.</summary>
/// <param name="Name">The parameter; its case counts.</param>
public sealed record QueryParameterHashPolicyConfig(string Name) : HashPolicyConfig;

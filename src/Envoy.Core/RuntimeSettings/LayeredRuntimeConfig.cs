using Envoy.Extensions;

namespace Envoy.RuntimeSettings;

/// <summary>
/// Envoy's runtime: keys whose values change behaviour while the proxy runs (<c>bootstrap.v3.LayeredRuntime</c>). A later layer's value wins.
/// Immutable.
/// </summary>
public sealed record LayeredRuntimeConfig
{
    /// <summary>The layers, names unique, at most one of them the admin's. Empty (default): no keys, and the admin may set some.</summary>
    public ValueList<RuntimeLayerConfig> Layers { get; init; } = [];
}

/// <summary>One layer (<c>bootstrap.v3.RuntimeLayer</c>): values of its own, or what the admin has set. Immutable.</summary>
/// <param name="Name">Its name in <c>/runtime</c>.</param>
public sealed record RuntimeLayerConfig(string Name)
{
    /// <summary>The keys' values; empty for the admin's layer.</summary>
    public ValueList<RuntimeValueConfig> Values { get; init; } = [];

    /// <summary>What <c>POST /runtime_modify</c> sets lives here. Default false.</summary>
    public bool IsAdmin { get; init; }
}

/// <summary>One key of a layer. Immutable.</summary>
/// <param name="Key">Its name, parts separated by dots.</param>
/// <param name="Value">A number, <c>true</c>, <c>false</c>, text, or a share as <c>NUMERATOR/DENOMINATOR</c> with 100, 10000 or 1000000 below.</param>
public sealed record RuntimeValueConfig(string Key, string Value);

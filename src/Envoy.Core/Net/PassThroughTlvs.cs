using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>Which extensions of a PROXY protocol header are passed on (<c>core.v3.ProxyProtocolPassThroughTLVs</c>). Immutable.</summary>
public sealed record PassThroughTlvs
{
    /// <summary>All of them. Default true.</summary>
    public bool IsAll { get; init; } = true;

    /// <summary>Else these.</summary>
    public ValueList<byte> Types { get; init; } = [];

    internal bool Includes(byte type) => IsAll || Types.AsSpan().Contains(type);
}

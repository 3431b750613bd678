using System.Net;
using Envoy.Extensions;
using Envoy.Runtime;

namespace Envoy.Net;

/// <summary>
/// A downstream connection as an upstream is told of it by the PROXY protocol; upstream connections that tell of one serve no other. Compares by what
/// would be told. Worker-owned.
/// </summary>
internal sealed class ClientAddresses : IEquatable<ClientAddresses>
{
    private readonly int _hash;

    /// <param name="source">The client; null: it has no address.</param>
    /// <param name="destination">Where it wanted to go; null: nowhere that has an address.</param>
    /// <param name="tlvs">What its own header brought along.</param>
    public ClientAddresses(EndPoint? source, EndPoint? destination, ValueList<ProxyProtocolTlv> tlvs)
    {
        Source = source;
        Destination = destination;
        Tlvs = tlvs;
        _hash = HashCode.Combine(source, destination, tlvs);
    }

    /// <summary>Told once, when the connection has ended.</summary>
    public event Action<ClientAddresses>? Ended;

    public EndPoint? Source { get; }

    public EndPoint? Destination { get; }

    public ValueList<ProxyProtocolTlv> Tlvs { get; }

    /// <summary>Where upstream connections for it are to come from; null: nowhere in particular. Nobody is told, so that it does not compare.</summary>
    public SourceBinding? UpstreamSource { get; init; }

    /// <summary>The connection is no more.</summary>
    public bool HasEnded { get; private set; }

    public void End()
    {
        if (HasEnded)
            return;
        HasEnded = true;
        Ended?.Invoke(this);
    }

    public bool Equals(ClientAddresses? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && Equals(Source, other.Source) && Equals(Destination, other.Destination) && Tlvs.Equals(other.Tlvs));

    public override bool Equals(object? obj) => Equals(obj as ClientAddresses);

    public override int GetHashCode() => _hash;
}

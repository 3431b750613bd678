using System.Net;
using System.Net.Sockets;

namespace Envoy.Runtime.Memory;

/// <summary>A name in a <see cref="MemoryNetwork"/>: an address inside this process, reached without a socket. Immutable.</summary>
public sealed class MemoryEndPoint : EndPoint, IEquatable<MemoryEndPoint>
{
    /// <summary>The end point called <paramref name="name"/>; upper and lower case differ.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public MemoryEndPoint(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Always <see cref="AddressFamily.Unspecified"/>: no operating system knows it.</summary>
    public override AddressFamily AddressFamily => AddressFamily.Unspecified;

    /// <summary>True for the same name.</summary>
    public bool Equals(MemoryEndPoint? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MemoryEndPoint);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <summary><c>memory://name</c>.</summary>
    public override string ToString() => "memory://" + Name;
}

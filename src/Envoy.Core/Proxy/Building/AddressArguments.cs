using System.Runtime.CompilerServices;
using Envoy.Net;

namespace Envoy.Proxy.Building;

/// <summary>Checks the addresses that builders are given.</summary>
internal static class AddressArguments
{
    public static SocketAddressConfig Bindable(string address, int port, [CallerArgumentExpression(nameof(address))] string name = "")
    {
        var socket = Any(address, port, name);
        return AddressReader.IsIPLiteral(address) ? socket : throw new ArgumentException($"'{address}' is not an IP address.", name);
    }

    public static SocketAddressConfig Any(string address, int port, [CallerArgumentExpression(nameof(address))] string name = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(address, name);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65535);
        return new SocketAddressConfig(address, port);
    }
}

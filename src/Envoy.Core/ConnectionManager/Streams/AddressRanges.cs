using System.Net;
using Envoy.Net;

namespace Envoy.ConnectionManager.Streams;

/// <summary>Networks, compiled. Immutable.</summary>
internal sealed class AddressRanges
{
    private readonly IPNetwork[] _networks;

    private AddressRanges(IPNetwork[] networks) => _networks = networks;

    /// <summary>Compiles networks; what is wrong goes to <paramref name="onError"/>, with its place.</summary>
    public static AddressRanges Compile(IReadOnlyList<CidrRangeConfig> configs, Action<int, string> onError)
    {
        var networks = new List<IPNetwork>();
        for (var i = 0; i < configs.Count; i++)
        {
            if (!IPAddress.TryParse(configs[i].AddressPrefix, out var address))
                onError(i, $"'{configs[i].AddressPrefix}' is not an IP address");
            else if (configs[i].PrefixLength > address.GetAddressBytes().Length * 8)
                onError(i, $"a prefix of {configs[i].AddressPrefix} has at most {address.GetAddressBytes().Length * 8} bits");
            else
                networks.Add(Mask(address, (int)configs[i].PrefixLength));
        }

        return new AddressRanges([.. networks]);
    }

    public bool Contains(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    // Envoy takes an address with more bits than its prefix; .NET wants the rest to be zero.
    private static IPNetwork Mask(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var left = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - left));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }
}

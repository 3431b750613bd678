using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Envoy.Listeners.Matching;

/// <summary>Values by network; the smallest network that holds an address wins. Filled first, immutable afterwards.</summary>
internal sealed class PrefixTable<T>
    where T : class
{
    private readonly List<(int Length, Dictionary<UInt128, T> Values)> _v4 = [];
    private readonly List<(int Length, Dictionary<UInt128, T> Values)> _v6 = [];

    /// <summary>The values of a network, made if it is new.</summary>
    public T Get(IPAddress prefix, int length, Func<T> create)
    {
        var lengths = prefix.AddressFamily == AddressFamily.InterNetwork ? _v4 : _v6;
        var index = lengths.FindIndex(l => l.Length <= length);
        if (index < 0 || lengths[index].Length != length)
        {
            index = index < 0 ? lengths.Count : index;
            lengths.Insert(index, (length, []));
        }

        var values = lengths[index].Values;
        var key = Mask(prefix, length);
        if (!values.TryGetValue(key, out var value))
            values.Add(key, value = create());
        return value;
    }

    public T? Find(IPAddress address)
    {
        foreach (var (length, values) in address.AddressFamily == AddressFamily.InterNetwork ? _v4 : _v6)
        {
            if (values.TryGetValue(Mask(address, length), out var value))
                return value;
        }

        return null;
    }

    private static UInt128 Mask(IPAddress address, int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _ = address.TryWriteBytes(bytes, out _);
        return length == 0 ? UInt128.Zero : BinaryPrimitives.ReadUInt128BigEndian(bytes) & (UInt128.MaxValue << (128 - length));
    }
}

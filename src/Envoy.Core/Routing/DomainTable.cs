using System.Runtime.InteropServices;
using Envoy.Http;

namespace Envoy.Routing;

/// <summary>
/// Virtual hosts by lower-case name, looked up with the bytes of a request in any case and without a copy. It also knows which lengths its
/// names have, for the search of the longest wildcard. Immutable once filled.
/// </summary>
internal sealed class DomainTable
{
    private Slot[] _slots = new Slot[8];
    private int _count;
    private int[] _lengths = [];

    /// <summary>The distinct lengths of the names, longest first.</summary>
    public ReadOnlySpan<int> Lengths => _lengths;

    /// <summary>There are no names.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Adds a lower-case name; false when it is there already.</summary>
    public bool TryAdd(byte[] name, VirtualHost virtualHost)
    {
        if (Find(name) is not null)
            return false;
        // Half empty at least, so that a look-up rarely sees a second slot.
        if ((_count + 1) * 2 > _slots.Length)
        {
            var old = _slots;
            _slots = new Slot[old.Length * 2];
            foreach (var slot in old)
            {
                if (slot.Name is not null)
                    Place(slot);
            }
        }

        Place(new Slot(name, virtualHost, Hash(name)));
        _count++;
        if (Array.IndexOf(_lengths, name.Length) < 0)
            _lengths = [.. _lengths.Append(name.Length).OrderDescending()];
        return true;
    }

    /// <summary>The virtual host of <paramref name="name"/>, in any case; null when there is none.</summary>
    public VirtualHost? Find(ReadOnlySpan<byte> name)
    {
        if (_count == 0)
            return null;
        var hash = Hash(name);
        for (var i = hash; ; i++)
        {
            ref readonly var slot = ref _slots[i & (uint)(_slots.Length - 1)];
            if (slot.Name is null)
                return null;
            if (slot.Hash == hash && AsciiBytes.EqualsIgnoreCase(name, slot.Name))
                return slot.VirtualHost;
        }
    }

    private void Place(Slot slot)
    {
        var i = slot.Hash;
        while (_slots[i & (uint)(_slots.Length - 1)].Name is not null)
            i++;
        _slots[i & (uint)(_slots.Length - 1)] = slot;
    }

    // Bit 5 set makes it blind to the case of letters. The keys are the configuration's, so nobody can choose them to collide.
    private static uint Hash(ReadOnlySpan<byte> name)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        var hash = (ulong)name.Length;
        while (name.Length >= 8)
        {
            hash = (hash ^ (MemoryMarshal.Read<ulong>(name) | 0x2020202020202020)) * Multiplier;
            hash ^= hash >> 32;
            name = name[8..];
        }

        foreach (var b in name)
            hash = (hash ^ (uint)(b | 0x20)) * Multiplier;
        return (uint)(hash >> 32);
    }

    private readonly record struct Slot(byte[] Name, VirtualHost VirtualHost, uint Hash);
}

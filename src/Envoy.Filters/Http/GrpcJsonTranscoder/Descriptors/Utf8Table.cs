namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>
/// Values by a name in UTF-8, found without making a string of what a peer sent. Names come from configuration only. Filled before it is
/// shared, immutable afterwards.
/// </summary>
internal sealed class Utf8Table<T>
    where T : class
{
    private Slot[] _slots = new Slot[8];
    private int _count;

    /// <summary>Adds a value unless the name has one already; whether it was added.</summary>
    public bool TryAdd(ReadOnlySpan<byte> name, T value)
    {
        if (_count * 2 >= _slots.Length)
            Grow();
        ref var slot = ref Find(_slots, name);
        if (slot.Value is not null)
            return false;
        slot = new Slot { Name = name.ToArray(), Value = value };
        _count++;
        return true;
    }

    public T? Find(ReadOnlySpan<byte> name) => Find(_slots, name).Value;

    private void Grow()
    {
        var larger = new Slot[_slots.Length * 2];
        foreach (var slot in _slots)
        {
            if (slot.Value is not null)
                Find(larger, slot.Name) = slot;
        }

        _slots = larger;
    }

    private static ref Slot Find(Slot[] slots, ReadOnlySpan<byte> name)
    {
        // FNV-1a: the names are the configuration's own.
        var hash = 2166136261u;
        foreach (var b in name)
            hash = (hash ^ b) * 16777619;
        var index = hash & (uint)(slots.Length - 1);
        while (slots[index].Value is not null && !name.SequenceEqual(slots[index].Name))
            index = (index + 1) & (uint)(slots.Length - 1);
        return ref slots[index];
    }

    private struct Slot
    {
        public byte[]? Name;
        public T? Value;
    }
}

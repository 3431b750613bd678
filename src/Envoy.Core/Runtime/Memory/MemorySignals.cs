namespace Envoy.Runtime.Memory;

/// <summary>What one end has to tell the other's owner.</summary>
[Flags]
internal enum MemorySignals
{
    None = 0,
    Readable = 1,
    Writable = 2,
    Hangup = 4,
}

/// <summary>Who uses a <see cref="MemoryEnd"/>.</summary>
internal interface IMemoryOwner
{
    /// <summary>Called on whatever thread the other end is used on, with no lock held.</summary>
    void OnSignals(MemorySignals signals);
}

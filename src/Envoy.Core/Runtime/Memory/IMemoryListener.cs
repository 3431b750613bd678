namespace Envoy.Runtime.Memory;

/// <summary>What a name of a <see cref="MemoryNetwork"/> stands for.</summary>
internal interface IMemoryListener
{
    /// <summary>Puts the server's end of a new connection into the accept queue; false if that is full or closed. On any thread.</summary>
    bool TryQueue(MemoryEnd server);
}

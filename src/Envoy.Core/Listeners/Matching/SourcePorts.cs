namespace Envoy.Listeners.Matching;

/// <summary>Chains by the client's port: the port itself, then any. Filled first, immutable afterwards.</summary>
internal sealed class SourcePorts
{
    private readonly Dictionary<int, int> _ports = [];

    /// <summary>Adds a chain under a port (0: any); false where <paramref name="other"/> is there already.</summary>
    public bool TryAdd(int port, int chain, out int other)
    {
        if (_ports.TryGetValue(port, out other))
            return false;
        _ports.Add(port, chain);
        return true;
    }

    public int? Find(int port) => _ports.TryGetValue(port, out var chain) || _ports.TryGetValue(0, out chain) ? chain : null;
}

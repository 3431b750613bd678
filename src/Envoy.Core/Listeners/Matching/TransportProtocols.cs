namespace Envoy.Listeners.Matching;

/// <summary>Branches by transport protocol: the protocol itself, then any. Filled first, immutable afterwards.</summary>
internal sealed class TransportProtocols
{
    private readonly Dictionary<string, ApplicationProtocols> _protocols = new(StringComparer.Ordinal);

    /// <summary>The branch of a protocol; empty: of any.</summary>
    public ApplicationProtocols Of(string protocol)
    {
        if (!_protocols.TryGetValue(protocol, out var branch))
            _protocols.Add(protocol, branch = new ApplicationProtocols());
        return branch;
    }

    public ApplicationProtocols? Find(string protocol) => _protocols.GetValueOrDefault(protocol) ?? _protocols.GetValueOrDefault("");
}

using Envoy.Extensions;

namespace Envoy.Listeners.Matching;

/// <summary>Branches by application protocol: the first of the client's that has one, then any. Filled first, immutable afterwards.</summary>
internal sealed class ApplicationProtocols
{
    private readonly Dictionary<string, DirectSources> _protocols = new(StringComparer.Ordinal);

    /// <summary>The branch of a protocol; empty: of any.</summary>
    public DirectSources Of(string protocol)
    {
        if (!_protocols.TryGetValue(protocol, out var branch))
            _protocols.Add(protocol, branch = new DirectSources());
        return branch;
    }

    public DirectSources? Find(ValueList<string> offered)
    {
        foreach (var protocol in offered)
        {
            if (_protocols.TryGetValue(protocol, out var branch))
                return branch;
        }

        return _protocols.GetValueOrDefault("");
    }
}

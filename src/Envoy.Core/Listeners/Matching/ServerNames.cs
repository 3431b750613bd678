namespace Envoy.Listeners.Matching;

/// <summary>Branches by server name: the name itself, then the wildcards above it, the longest first, then no name. Filled first, immutable afterwards.</summary>
internal sealed class ServerNames
{
    // Wildcards without their asterisk: ".example.com".
    private readonly Dictionary<string, TransportProtocols> _names = new(StringComparer.Ordinal);

    /// <summary>The branch of a name as it is configured; empty: of any name.</summary>
    public TransportProtocols Of(string name)
    {
        name = name.ToLowerInvariant();
        if (name.StartsWith("*.", StringComparison.Ordinal))
            name = name[1..];
        if (!_names.TryGetValue(name, out var branch))
            _names.Add(name, branch = new TransportProtocols());
        return branch;
    }

    public TransportProtocols? Find(string name)
    {
        if (_names.TryGetValue(name, out var branch))
            return branch;
        var names = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        // A wildcard stands for one label at least, and no name ends in a dot.
        for (var dot = name.Length > 1 ? name.IndexOf('.', 1) : -1; dot >= 0 && dot < name.Length - 1; dot = name.IndexOf('.', dot + 1))
        {
            if (names.TryGetValue(name.AsSpan(dot), out branch))
                return branch;
        }

        return _names.GetValueOrDefault("");
    }
}

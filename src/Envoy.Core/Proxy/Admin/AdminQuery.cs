namespace Envoy.Proxy.Admin;

/// <summary>A path's query, percent-decoded; a name's first value counts. Immutable.</summary>
internal sealed class AdminQuery
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads what follows the path's question mark, if there is one.</summary>
    public AdminQuery(string pathAndQuery)
    {
        var start = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        Path = start < 0 ? pathAndQuery : pathAndQuery[..start];
        if (start < 0)
            return;
        foreach (var range in pathAndQuery.AsSpan(start + 1).Split('&'))
        {
            var part = pathAndQuery.AsSpan(start + 1)[range];
            var equal = part.IndexOf('=');
            var name = Uri.UnescapeDataString(equal < 0 ? part : part[..equal]);
            _values.TryAdd(name, equal < 0 ? "" : Uri.UnescapeDataString(part[(equal + 1)..]));
        }
    }

    /// <summary>The path without the query, as it came.</summary>
    public string Path { get; }

    /// <summary>All parameters.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> All => _values;

    /// <summary>Whether a parameter is there, with or without a value.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A parameter's value; null if it is not there or empty.</summary>
    public string? NonEmpty(string name) => _values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}

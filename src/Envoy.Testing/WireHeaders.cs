using System.Collections;

namespace Envoy.Testing;

/// <summary>Headers (or trailers) as they stood on the wire: in order, names in their own case. Immutable.</summary>
public sealed class WireHeaders : IReadOnlyList<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _fields;

    internal WireHeaders(List<KeyValuePair<string, string>> fields) => _fields = fields;

    /// <summary>No headers.</summary>
    public static WireHeaders Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _fields.Count;

    /// <inheritdoc/>
    public KeyValuePair<string, string> this[int index] => _fields[index];

    /// <summary>The first value of <paramref name="name"/> (any case); null if there is none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var field in _fields)
            {
                if (field.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return field.Value;
            }

            return null;
        }
    }

    /// <summary>Whether there is a header <paramref name="name"/> (any case).</summary>
    public bool Contains(string name) => this[name] is not null;

    /// <summary>All values of <paramref name="name"/> (any case), in order.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. _fields.Where(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value)];

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _fields.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => string.Join("\n", _fields.Select(f => f.Key + ": " + f.Value));

    /// <summary>The lines of a head after its first, or of a trailer section.</summary>
    internal static WireHeaders Parse(IEnumerable<string> lines)
    {
        var fields = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                throw new InvalidDataException($"This is no header: '{line}'.");
            fields.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        return new WireHeaders(fields);
    }
}

using System.Globalization;

namespace Envoy.Extensions;

/// <summary>
/// A configuration document as a tree of mappings, lists and scalars, each of which knows where it was written. YAML, JSON and binary
/// messages all become this, and the readers see nothing else. A node belongs to one parent; giving it to a second one copies it.
/// Immutable once it is part of a tree.
/// </summary>
public sealed class ConfigNode
{
    private static readonly ConfigNode[] NoItems = [];
    private static readonly ConfigEntry[] NoEntries = [];

    private readonly ConfigNode[] _items = NoItems;
    private readonly ConfigEntry[] _entries = NoEntries;
    private ConfigNode? _parent;
    private string? _key;
    private int _index = -1;

    private ConfigNode(ConfigNodeKind kind, string file, int line, int column)
    {
        Kind = kind;
        File = file;
        Line = line;
        Column = column;
    }

    private ConfigNode(ConfigNodeKind kind, string value, bool isQuoted, string file, int line, int column)
        : this(kind, file, line, column)
    {
        Value = value;
        IsQuoted = isQuoted;
    }

    private ConfigNode(ReadOnlySpan<ConfigNode> items, string file, int line, int column)
        : this(ConfigNodeKind.List, file, line, column)
    {
        _items = items.ToArray();
        for (var i = 0; i < _items.Length; i++)
        {
            _items[i] = _items[i].Adopt(this, null, i);
            Size += _items[i].Size;
        }
    }

    private ConfigNode(ReadOnlySpan<ConfigEntry> entries, string file, int line, int column)
        : this(ConfigNodeKind.Mapping, file, line, column)
    {
        _entries = entries.ToArray();
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            var value = entry.Value.Adopt(this, entry.Key, -1);
            if (!ReferenceEquals(value, entry.Value))
                _entries[i] = entry with { Value = value };
            Size += value.Size;
        }
    }

    private ConfigNode(ConfigNode of, ConfigEntry[] entries)
        : this(ConfigNodeKind.Mapping, of.File, of.Line, of.Column)
    {
        _entries = entries;
        _parent = of._parent;
        _key = of._key;
        _index = of._index;
        Size = of.Size;
    }

    /// <summary>What the node is.</summary>
    public ConfigNodeKind Kind { get; }

    /// <summary>The file it was read from; empty where there is none.</summary>
    public string File { get; }

    /// <summary>Its line, from 1; 0 where there is no text.</summary>
    public int Line { get; }

    /// <summary>Its column, from 1; 0 where there is no text.</summary>
    public int Column { get; }

    /// <summary>A scalar's text, without quotes; empty for the others.</summary>
    public string Value { get; } = "";

    /// <summary>The scalar was quoted (or a block): never a null, a number or a truth value by its looks alone.</summary>
    public bool IsQuoted { get; }

    /// <summary>A list's items; empty for the others.</summary>
    public IReadOnlyList<ConfigNode> Items => _items;

    /// <summary>A mapping's entries in the order written; empty for the others.</summary>
    public IReadOnlyList<ConfigEntry> Entries => _entries;

    /// <summary>Where it is in its document: <c>static_resources.listeners[0].name</c>; empty for the document itself.</summary>
    public string Path
    {
        get
        {
            if (_parent is null)
                return "";
            var parent = _parent.Path;
            if (_key is null)
                return string.Create(CultureInfo.InvariantCulture, $"{parent}[{_index}]");
            return Join(parent, _key);
        }
    }

    /// <summary>Nodes in this tree, this one included: what an alias to it costs.</summary>
    internal long Size { get; } = 1;

    /// <summary>A null.</summary>
    public static ConfigNode Null(string file = "", int line = 0, int column = 0) => new(ConfigNodeKind.Null, file, line, column);

    /// <summary>A scalar.</summary>
    public static ConfigNode Scalar(string value, bool isQuoted = true, string file = "", int line = 0, int column = 0) =>
        new(ConfigNodeKind.Scalar, value, isQuoted, file, line, column);

    /// <summary>A list, which becomes the parent of its items.</summary>
    public static ConfigNode List(ReadOnlySpan<ConfigNode> items, string file = "", int line = 0, int column = 0) =>
        new(items, file, line, column);

    /// <summary>A mapping, which becomes the parent of its values. The keys must differ: who makes the tree says so where they do not.</summary>
    public static ConfigNode Mapping(ReadOnlySpan<ConfigEntry> entries, string file = "", int line = 0, int column = 0) =>
        new(entries, file, line, column);

    /// <summary>The entry called <paramref name="key"/>, or null.</summary>
    public ConfigEntry? FindEntry(string key)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                return entry;
        }

        return null;
    }

    /// <summary>The value of <paramref name="key"/>, or null.</summary>
    public ConfigNode? Find(string key) => FindEntry(key)?.Value;

    /// <summary>This mapping without <paramref name="key"/>, at the same place; used to take <c>@type</c> off a message.</summary>
    public ConfigNode Without(string key) =>
        FindEntry(key) is null ? this : new ConfigNode(this, Array.FindAll(_entries, e => !string.Equals(e.Key, key, StringComparison.Ordinal)));

    /// <summary>An empty mapping at this node's place, for a message that is not there.</summary>
    internal ConfigNode EmptyMapping() => new(this, NoEntries);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ConfigNodeKind.Null => "null",
        ConfigNodeKind.Scalar => Value,
        ConfigNodeKind.List => string.Create(CultureInfo.InvariantCulture, $"list of {_items.Length}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"mapping of {_entries.Length}"),
    };

    internal static string Join(string path, string key) => path.Length == 0 ? key : path + "." + key;

    private ConfigNode Adopt(ConfigNode parent, string? key, int index)
    {
        var node = _parent is null ? this : Copy();
        node._parent = parent;
        node._key = key;
        node._index = index;
        return node;
    }

    private ConfigNode Copy() => Kind switch
    {
        ConfigNodeKind.List => new(_items, File, Line, Column),
        ConfigNodeKind.Mapping => new(_entries, File, Line, Column),
        _ => new(Kind, Value, IsQuoted, File, Line, Column),
    };
}

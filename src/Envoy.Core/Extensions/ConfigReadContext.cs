using System.Globalization;

namespace Envoy.Extensions;

/// <summary>
/// What the readers of one document share: the extensions they may name, and the errors found so far. Reading goes on after an error, so
/// that all of them are shown at once. Used by one thread.
/// </summary>
public sealed class ConfigReadContext
{
    /// <summary>More errors than anybody reads; a document of a million wrong lines must not cost a million of them.</summary>
    internal const int MostErrors = 1000;

    private readonly List<ConfigError> _errors = [];
    private readonly Dictionary<object, ConfigNode> _origins = new(ReferenceEqualityComparer.Instance);

    /// <summary>A context over <paramref name="extensions"/>.</summary>
    public ConfigReadContext(ExtensionCatalogue extensions)
    {
        ArgumentNullException.ThrowIfNull(extensions);
        Extensions = extensions;
    }

    /// <summary>The extensions that the document may name.</summary>
    public ExtensionCatalogue Extensions { get; }

    /// <summary>The errors so far, in file order; the first 1000.</summary>
    public IReadOnlyList<ConfigError> Errors
    {
        get
        {
            // OrderBy is stable: errors of one place stay in the order in which they were found.
            var sorted = _errors.OrderBy(e => e.Line).ThenBy(e => e.Column).ToList();
            if (sorted.Count == MostErrors)
                sorted.Add(new ConfigError("", 0, 0, "", string.Create(CultureInfo.InvariantCulture, $"more than {MostErrors} errors: the rest is not shown"), ""));
            return sorted;
        }
    }

    /// <summary>Whether anything was wrong so far.</summary>
    public bool HasErrors => _errors.Count > 0;

    /// <summary>Reports that a node's value is wrong.</summary>
    public void Error(ConfigNode node, string message, string hint = "", ConfigErrorKind kind = ConfigErrorKind.Invalid)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (_errors.Count < MostErrors)
            Add(new ConfigError(node.File, node.Line, node.Column, node.Path, message, hint) { Kind = kind });
    }

    /// <summary>Reports that an entry should not be there; the position is its key's.</summary>
    public void Error(ConfigEntry entry, string message, string hint = "", ConfigErrorKind kind = ConfigErrorKind.Invalid)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (_errors.Count < MostErrors)
            Add(new ConfigError(entry.Value.File, entry.Line, entry.Column, entry.Value.Path, message, hint) { Kind = kind });
    }

    /// <summary>Whether something at or below a node was wrong, so that what was read there proves nothing.</summary>
    internal bool HasErrorAt(ConfigNode node)
    {
        if (_errors.Count == 0)
            return false;
        var path = node.Path;
        return _errors.Exists(e => e.Path.StartsWith(path, StringComparison.Ordinal) && (e.Path.Length == path.Length || e.Path[path.Length] is '.' or '['));
    }

    internal void Add(ConfigError error)
    {
        if (_errors.Count < MostErrors)
            _errors.Add(error);
    }

    /// <summary>Remembers where a record came from, for what can only be checked once everything is read.</summary>
    internal void Remember(object record, ConfigNode node) => _origins[record] = node;

    /// <summary>Where a record came from, or null.</summary>
    internal ConfigNode? OriginOf(object record) => _origins.GetValueOrDefault(record);
}

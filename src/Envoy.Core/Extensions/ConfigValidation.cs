using System.Globalization;

namespace Envoy.Extensions;

/// <summary>
/// Collects what is wrong between records that are right in themselves: a route to a cluster that is not there, for instance. Runs alike
/// over a proxy built in code and over one that was read, where it knows each record's line and column. Used by one thread.
/// </summary>
public sealed class ConfigValidation
{
    private readonly ConfigReadContext? _read;
    private readonly IReadOnlyCollection<string>? _clusters;
    private readonly List<ConfigError> _errors = [];
    private readonly List<string> _scopes = [];

    /// <summary>A validation.</summary>
    /// <param name="clusters">The clusters there are; null: not known, so that references are not checked.</param>
    /// <param name="read">The reading that made the records; null for records made in code.</param>
    internal ConfigValidation(IReadOnlyCollection<string>? clusters, ConfigReadContext? read = null)
    {
        _clusters = clusters;
        _read = read;
    }

    /// <summary>What transport sockets may refer to by name, for those who know it; null: nothing is known.</summary>
    internal object? Secrets { get; init; }

    /// <summary>The errors found in records made in code; those of records that were read are in their context.</summary>
    internal IReadOnlyList<ConfigError> Errors => _errors;

    /// <summary>Reports an error.</summary>
    /// <param name="subject">The record that holds the field.</param>
    /// <param name="field">Envoy's name of the field; empty for the record as a whole.</param>
    /// <param name="message">What is wrong, without a full stop.</param>
    /// <param name="hint">What to do about it; may be empty.</param>
    public void Error(object subject, string field, string message, string hint = "") => Report(subject, field, message, hint, ConfigErrorKind.Invalid);

    /// <summary>Reports that a field asks for what this version does not do.</summary>
    internal void NotSupported(object subject, string field, string message) => Report(subject, field, message, "", ConfigErrorKind.NotSupported);

    private void Report(object subject, string field, string message, string hint, ConfigErrorKind kind)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(field);
        if (_read?.OriginOf(subject) is { } node)
        {
            _read.Error(FindField(node, field) ?? node, message, hint, kind);
            return;
        }

        var path = string.Concat(_scopes);
        var error = new ConfigError("", 0, 0, (field.Length == 0 ? path : ConfigNode.Join(path, field)).TrimStart('.'), message, hint) { Kind = kind };
        if (_read is not null)
            _read.Add(error);
        else if (_errors.Count < ConfigReadContext.MostErrors)
            _errors.Add(error);
    }

    /// <summary>
    /// Reports an error somewhere below a record, at a path such as <c>virtual_hosts[0].routes[2].match</c>; as near to it as what was read
    /// goes. Nothing where reading has found something wrong there already.
    /// </summary>
    internal void ErrorAt(object subject, string path, string message)
    {
        if (_read?.OriginOf(subject) is not { } node)
        {
            Error(subject, path, message);
            return;
        }

        foreach (var part in path.Split('.'))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var next = FindField(node, bracket < 0 ? part : part[..bracket]);
            if (next is not null && bracket >= 0 && next.Kind == ConfigNodeKind.List
                && int.TryParse(part.AsSpan(bracket + 1, part.Length - bracket - 2), CultureInfo.InvariantCulture, out var index) && index < next.Items.Count)
            {
                next = next.Items[index];
            }

            if (next is null)
                break;
            node = next;
        }

        if (!_read.HasErrorAt(node))
            _read.Error(node, message);
    }

    /// <summary>
    /// Whether one of these fields was refused when the record was read: it then holds a default that nobody wrote, and what would follow
    /// from it must not be held against anyone. False for records made in code.
    /// </summary>
    public bool IsRefused(object subject, params string[] fields)
    {
        if (_read?.OriginOf(subject) is not { } node)
            return false;
        foreach (var field in fields)
        {
            if (FindField(node, field) is { } at && _read.HasErrorAt(at))
                return true;
        }

        return false;
    }

    /// <summary>Reports an error if no cluster is called <paramref name="cluster"/>.</summary>
    /// <param name="subject">The record that names the cluster.</param>
    /// <param name="field">Envoy's name of the field that does.</param>
    /// <param name="cluster">The name; an empty one is somebody else's error.</param>
    public void RequireCluster(object subject, string field, string cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        if (cluster.Length > 0 && _clusters is not null && !_clusters.Contains(cluster))
            Error(subject, field, $"no cluster is called '{cluster}'", NearestName.Hint(cluster, _clusters));
    }

    /// <summary>Where a record was read, as <c> (line 3, column 5)</c>; empty for one made in code.</summary>
    internal string PlaceOf(object subject) => _read?.OriginOf(subject) is { } node
        ? string.Create(CultureInfo.InvariantCulture, $" ({(node.File.Length > 0 ? node.File + ", " : "")}line {node.Line}, column {node.Column})")
        : "";

    /// <summary>Runs <paramref name="body"/> for each item with its place as the path: <c>routes[3]</c>.</summary>
    public void Each<TItem>(string field, IReadOnlyList<TItem> items, Action<TItem> body)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(body);
        for (var i = 0; i < items.Count; i++)
        {
            _scopes.Add(string.Create(CultureInfo.InvariantCulture, $".{field}[{i}]"));
            body(items[i]);
            _scopes.RemoveAt(_scopes.Count - 1);
        }
    }

    /// <summary>Runs <paramref name="body"/> with a field's place as the path.</summary>
    public void In(string field, Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        _scopes.Add("." + field);
        body();
        _scopes.RemoveAt(_scopes.Count - 1);
    }

    private static ConfigNode? FindField(ConfigNode node, string field) =>
        field.Length == 0 ? null : node.Find(field) ?? node.Find(ConfigField.ToJsonName(field));
}

using Envoy.Stats;

namespace Envoy.RuntimeSettings;

/// <summary>
/// Puts the layers together and offers the result to everybody as one immutable snapshot. Thread-safe: main writes, workers read
/// <see cref="Current"/>.
/// </summary>
internal sealed class RuntimeLoader
{
    private readonly Lock _gate = new();
    private readonly LayeredRuntimeConfig _config;
    private readonly SortedDictionary<string, string> _admin = new(StringComparer.Ordinal);
    private readonly SharedCounter? _loaded;
    private readonly SharedGauge? _keys;
    private readonly SharedGauge? _overrides;
    private volatile RuntimeSnapshot _current = RuntimeSnapshot.Empty;

    /// <summary>Loads the layers.</summary>
    /// <param name="config">What was asked for.</param>
    /// <param name="stats">Where <c>runtime.*</c> is counted; null: nowhere.</param>
    public RuntimeLoader(LayeredRuntimeConfig config, StatsStore? stats)
    {
        _config = config;
        HasAdmin = config.Layers.Count == 0 || config.Layers.Any(l => l.IsAdmin);
        if (stats is not null)
        {
            var scope = stats.Root.Scope("runtime");
            _loaded = scope.SharedCounter("load_success");
            _keys = scope.SharedGauge("num_keys");
            _overrides = scope.SharedGauge("admin_overrides_active");
            scope.SharedGauge("num_layers").Set(Layers.Count);
            _ = scope.Counter("load_error");
            _ = scope.Counter("override_dir_exists");
            _ = scope.Counter("override_dir_not_exists");
            _ = scope.Counter("deprecated_feature_use");
            _ = scope.Gauge("deprecated_feature_seen_since_process_start");
        }

        Publish();
    }

    /// <summary>The keys at this moment.</summary>
    public RuntimeSnapshot Current => _current;

    /// <summary>The admin may set keys.</summary>
    public bool HasAdmin { get; }

    /// <summary>The layers' names, first to last. Without any configured there is the admin's.</summary>
    public IReadOnlyList<string> Layers => _config.Layers.Count == 0 ? ["admin"] : _config.Layers.Select(l => l.Name).ToList();

    /// <summary>Sets keys in the admin's layer; an empty value takes a key out of it.</summary>
    /// <exception cref="InvalidOperationException">There is no admin layer.</exception>
    public void Modify(IEnumerable<KeyValuePair<string, string>> values)
    {
        if (!HasAdmin)
            throw new InvalidOperationException("No admin layer specified");
        lock (_gate)
        {
            foreach (var (key, value) in values)
            {
                if (value.Length == 0)
                    _admin.Remove(key);
                else
                    _admin[key] = value;
            }

            Publish();
        }
    }

    /// <summary>Every key with its value in each layer (empty: none) and the one that counts.</summary>
    public IReadOnlyList<(string Key, IReadOnlyList<string> LayerValues, string Final)> Describe()
    {
        lock (_gate)
        {
            var layers = LayerValues().ToList();
            return layers.SelectMany(l => l.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(key => (key, (IReadOnlyList<string>)layers.ConvertAll(l => l.GetValueOrDefault(key, "")), _current.Entries[key].Text))
                .ToList();
        }
    }

    private IEnumerable<IReadOnlyDictionary<string, string>> LayerValues()
    {
        if (_config.Layers.Count == 0)
            yield return _admin;
        foreach (var layer in _config.Layers)
        {
            if (layer.IsAdmin)
            {
                yield return _admin;
                continue;
            }

            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var value in layer.Values)
                values[value.Key] = value.Value;
            yield return values;
        }
    }

    private void Publish()
    {
        var entries = new Dictionary<string, RuntimeEntry>(StringComparer.Ordinal);
        foreach (var layer in LayerValues())
        {
            foreach (var (key, value) in layer)
                entries[key] = RuntimeEntry.Parse(value);
        }

        _current = entries.Count == 0 ? RuntimeSnapshot.Empty : new RuntimeSnapshot(entries);
        _loaded?.Inc();
        _keys?.Set(entries.Count);
        _overrides?.Set(_admin.Count);
    }
}

namespace Envoy.Stats;

/// <summary>One statistic: a name, and what its kind adds. Thread-safe.</summary>
internal abstract class Stat
{
    private TagExtraction? _tags;

    protected Stat(string name) => Name = name;

    /// <summary>The full name, Envoy's: <c>cluster.service.upstream_cx_total</c>.</summary>
    public string Name { get; }

    /// <summary>The name without its variable parts, and those parts as tags; computed when first asked for.</summary>
    public TagExtraction Tags => _tags ??= TagExtractor.Extract(Name);

    /// <summary>Whether it was ever written (Envoy's <c>usedonly</c>).</summary>
    public abstract bool Used { get; }

    /// <summary>How many scopes hold it; guarded by the store's lock.</summary>
    internal int References { get; set; }
}

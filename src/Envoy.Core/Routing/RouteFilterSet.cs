namespace Envoy.Routing;

/// <summary>
/// The filter options of one level of a route table, compiled, with the level above it: a look-up goes from here upwards until a level knows
/// the filter. Immutable.
/// </summary>
internal sealed class RouteFilterSet
{
    private readonly Entry[] _entries;
    private readonly RouteFilterSet? _parent;

    private RouteFilterSet(Entry[] entries, RouteFilterSet? parent)
    {
        _entries = entries;
        _parent = parent;
    }

    /// <summary>The set of a level; the parent's where it adds nothing.</summary>
    public static RouteFilterSet? Compile(IReadOnlyList<RouteFilterConfig> filters, RouteFilterSet? parent, string path, ICollection<RouteError> errors)
    {
        if (filters.Count == 0)
            return parent;
        var entries = new Entry[filters.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var filter = filters[i];
            object? options = null;
            try
            {
                options = filter.Options?.Compile();
            }
            catch (ArgumentException e)
            {
                errors.Add(new RouteError($"{path}.typed_per_filter_config[{filter.FilterName}]", e.Message));
            }

            entries[i] = new Entry(filter.FilterName, options, filter.Disabled);
        }

        return new RouteFilterSet(entries, parent);
    }

    /// <summary>Whether a level turns the filter off (true) or on (false); null: none says so.</summary>
    public bool? IsDisabled(string filter)
    {
        for (var set = this; set is not null; set = set._parent)
        {
            foreach (ref readonly var entry in set._entries.AsSpan())
            {
                if (entry.Name == filter)
                    return entry.Disabled;
            }
        }

        return null;
    }

    /// <summary>The filter's options of the most specific level that has some of type <typeparamref name="T"/>; null: none has.</summary>
    public T? Find<T>(string filter)
        where T : class
    {
        for (var set = this; set is not null; set = set._parent)
        {
            if (set.FindHere<T>(filter) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>The filter's options of every level, the most specific first; returns how many there are (four levels at most).</summary>
    public int FindAll<T>(string filter, Span<T?> found)
        where T : class
    {
        var count = 0;
        for (var set = this; set is not null && count < found.Length; set = set._parent)
        {
            if (set.FindHere<T>(filter) is { } options)
                found[count++] = options;
        }

        return count;
    }

    private T? FindHere<T>(string filter)
        where T : class
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            // One without a name is a policy in its old place, which holds for the filter of its type.
            if ((entry.Name == filter || entry.Name.Length == 0) && entry.Options is T options)
                return options;
        }

        return null;
    }

    private readonly record struct Entry(string Name, object? Options, bool Disabled);
}

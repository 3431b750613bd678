namespace Envoy.Extensions;

/// <summary>The extensions that a configuration may name, found by name, by message or by options record. Immutable.</summary>
public sealed class ExtensionCatalogue
{
    private readonly Extension[] _extensions;
    private readonly Lazy<KnownExtensions[]> _known;
    private readonly Dictionary<(string Category, string Name), Extension> _byName;
    private readonly Dictionary<(string Category, string Type), Extension> _byType;
    private readonly Dictionary<(string Category, Type Options), Extension> _byOptions;

    /// <summary>A catalogue of <paramref name="extensions"/>; two of one category may not share a name, an alias, a message or an options type.</summary>
    /// <param name="extensions">What plugs in.</param>
    /// <param name="known">What Envoy has besides, for messages only; enumerated when the first is needed.</param>
    /// <exception cref="ArgumentException">Two extensions share a name, a message or an options type.</exception>
    public ExtensionCatalogue(IEnumerable<Extension> extensions, IEnumerable<KnownExtensions>? known = null)
    {
        _extensions = [.. extensions];
        // Only messages about errors need them.
        _known = new Lazy<KnownExtensions[]>(() => [.. known ?? []]);
        var byName = new Dictionary<(string, string), Extension>();
        var byType = new Dictionary<(string, string), Extension>();
        var byOptions = new Dictionary<(string, Type), Extension>();
        foreach (var extension in _extensions)
        {
            byName.Add((extension.Category, extension.Name), extension);
            foreach (var alias in extension.Aliases)
                byName.Add((extension.Category, alias), extension);
            foreach (var type in extension.TypeUrls)
                byType.Add((extension.Category, type), extension);
            byOptions.Add((extension.Category, extension.OptionsType), extension);
        }

        _byName = byName;
        _byType = byType;
        _byOptions = byOptions;
    }

    /// <summary>Everything in it, in the order given.</summary>
    public IReadOnlyList<Extension> Extensions => _extensions;

    /// <summary>This catalogue with more extensions, a user's own filters for instance.</summary>
    /// <exception cref="ArgumentException">Two extensions share a name, a message or an options type.</exception>
    public ExtensionCatalogue With(params IEnumerable<Extension> more) => new(_extensions.Concat(more), _known.Value);

    /// <summary>The extension of a category called <paramref name="name"/>, or null.</summary>
    public Extension? FindByName(string category, string name) => _byName.GetValueOrDefault((category, name));

    /// <summary>The extension of a category configured by the message <paramref name="type"/> (its full name, without <c>type.googleapis.com/</c>), or null.</summary>
    public Extension? FindByType(string category, string type) => _byType.GetValueOrDefault((category, type));

    /// <summary>The extension of a category whose options record is <paramref name="options"/>, or null.</summary>
    public Extension? FindByOptions(string category, Type options) => _byOptions.GetValueOrDefault((category, options));

    /// <summary>Reports that no extension is called <paramref name="name"/>.</summary>
    internal void ReportName(ConfigReadContext context, ConfigNode node, string category, string noun, string name)
    {
        foreach (var known in _known.Value)
        {
            if (known.FindName(name) is not { } canonical)
                continue;
            if (known.Category == category)
                context.Error(node, $"'{name}' is Envoy's {canonical[(category.Length + 1)..]} {LastWord(noun)}, which is not supported yet", kind: ConfigErrorKind.NotSupported);
            else
                context.Error(node, $"'{name}' is not a {noun}: it belongs to {known.Category}");
            return;
        }

        foreach (var other in _extensions)
        {
            if (other.Category != category && (other.Name == name || other.Aliases.Contains(name)))
            {
                context.Error(node, $"'{name}' is not a {noun}: it belongs to {other.Category}");
                return;
            }
        }

        var here = _extensions.Where(e => e.Category == category);
        var names = here.Select(e => e.Name).Concat(here.SelectMany(e => e.Aliases))
            .Concat(_known.Value.Where(k => k.Category == category).SelectMany(k => k.ShortNames.Select(s => category + "." + s)));
        context.Error(node, $"no {noun} is called '{name}'", NearestName.Hint(name, names), ConfigErrorKind.Unknown);
    }

    private static string LastWord(string noun) => noun[(noun.LastIndexOf(' ') + 1)..];

    /// <summary>Whether Envoy has an extension, here or not, that <paramref name="type"/> configures.</summary>
    internal bool KnowsType(string type) => _known.Value.Any(k => k.FindType(type) is not null);

    /// <summary>Reports that no extension is configured by <paramref name="type"/>.</summary>
    internal void ReportType(ConfigReadContext context, ConfigNode node, string category, string noun, string type)
    {
        // Of two categories that share a message the one that is asked for counts.
        foreach (var known in _known.Value.OrderBy(k => k.Category == category ? 0 : 1))
        {
            if (known.FindType(type) is not { } canonical || (known.Category == category && FindByName(category, canonical) is not null))
                continue;
            if (known.Category == category)
                context.Error(node, $"'{type}' configures Envoy's {canonical[(category.Length + 1)..]} {LastWord(noun)}, which is not supported yet", kind: ConfigErrorKind.NotSupported);
            else
                context.Error(node, $"'{type}' does not configure a {noun}: it belongs to {known.Category}");
            return;
        }

        // A filter wrapped in a match tree, whichever filter it is.
        if (type == "envoy.extensions.common.matching.v3.ExtensionWithMatcher")
        {
            context.Error(node, $"'{type}' is Envoy's way to run a filter for some requests only, which is not supported yet", kind: ConfigErrorKind.NotSupported);
            return;
        }

        var types = _extensions.Where(e => e.Category == category).SelectMany(e => e.TypeUrls);
        context.Error(node, $"no {noun} is configured by '{type}'", NearestName.Hint(type, types), ConfigErrorKind.Unknown);
    }
}

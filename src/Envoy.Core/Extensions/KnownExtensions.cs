namespace Envoy.Extensions;

/// <summary>The extensions of one category that Envoy has and this version may not: a name, or a message of theirs, is told apart from what nobody knows. Immutable.</summary>
/// <param name="Category">Envoy's category, such as <c>envoy.filters.http</c>.</param>
/// <param name="ShortNames">Their names without the category: <c>lua</c>.</param>
public sealed record KnownExtensions(string Category, ValueList<string> ShortNames)
{
    /// <summary>2019's names without a category, <c>envoy.lua</c> and the like, with the short name each stands for.</summary>
    public ValueList<KeyValuePair<string, string>> OldNames { get; init; } = [];

    /// <summary>Where the messages live, such as <c>envoy.extensions.filters.http.</c>; the short name follows.</summary>
    public ValueList<string> TypePrefixes { get; init; } = [];

    /// <summary>The canonical name that <paramref name="name"/> stands for, or null.</summary>
    internal string? FindName(string name)
    {
        foreach (var old in OldNames)
        {
            if (old.Key == name)
                return Category + "." + old.Value;
        }

        if (!name.StartsWith(Category + ".", StringComparison.Ordinal))
            return null;
        return ShortNames.Contains(name[(Category.Length + 1)..]) ? name : null;
    }

    /// <summary>The canonical name of the extension that the message <paramref name="type"/> configures, or null.</summary>
    internal string? FindType(string type)
    {
        foreach (var prefix in TypePrefixes)
        {
            if (!type.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var rest = type[prefix.Length..];
            var end = rest.IndexOf('.', StringComparison.Ordinal);
            if (end > 0 && ShortNames.Contains(rest[..end]))
                return Category + "." + rest[..end];
        }

        return null;
    }
}

using System.Text;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.ConnectionManager;

/// <summary>Which of several route tables a request's headers choose. Immutable.</summary>
internal sealed class ScopeKeys
{
    // No header holds it, so that the parts of a key cannot run into each other.
    private const char Between = '\0';

    private readonly Part[] _parts;
    private readonly Dictionary<string, int> _scopes = new(StringComparer.Ordinal);

    private ScopeKeys(Part[] parts) => _parts = parts;

    /// <summary>Compiles; what is wrong goes to <paramref name="onError"/>, with its path.</summary>
    public static ScopeKeys Compile(ScopedRoutesConfig config, Action<string, string> onError)
    {
        if (config.ScopeKeyBuilder.Count == 0)
            onError("scope_key_builder", "needs a fragment");
        var parts = new Part[config.ScopeKeyBuilder.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var fragment = config.ScopeKeyBuilder[i];
            var path = $"scope_key_builder.fragments[{i}]";
            if (!HeaderName.IsValid(fragment.HeaderName) && !fragment.HeaderName.StartsWith(':'))
                onError(path, $"'{fragment.HeaderName}' is not a header's name");
            if (fragment is { ElementSeparator.Length: 0, Index: > 0 })
                onError(path, "Index > 0 for empty string element separator");
            if (fragment is { ElementKey: not null, KeySeparator.Length: 0 })
                onError(path, "an element's key needs a separator behind it");
            parts[i] = new Part(
                new HeaderName(fragment.HeaderName),
                Encoding.UTF8.GetBytes(fragment.ElementSeparator),
                (int)Math.Min(fragment.Index, int.MaxValue),
                fragment.ElementKey is null ? null : Encoding.UTF8.GetBytes(fragment.ElementKey + fragment.KeySeparator));
        }

        var keys = new ScopeKeys(parts);
        for (var i = 0; i < config.Scopes.Count; i++)
        {
            if (!keys._scopes.TryAdd(string.Join(Between, config.Scopes[i].Key), i))
                onError($"scoped_route_configurations_list.scoped_route_configurations[{i}].key", $"the scope '{config.Scopes[keys._scopes[string.Join(Between, config.Scopes[i].Key)]].Name}' has the same key");
        }

        return keys;
    }

    /// <summary>The place of the table that the request chooses; -1: none.</summary>
    public int Find(HeaderMap headers, ByteSink room, MatchScratch scratch)
    {
        room.Clear();
        for (var i = 0; i < _parts.Length; i++)
        {
            if (!_parts[i].Header.TryGet(headers, out var value) || !TryExtract(_parts[i], value, out var element))
                return -1;
            if (i > 0)
                room.Append((byte)Between);
            room.Append(element);
        }

        return _scopes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(scratch.Spell(room.Written), out var scope) ? scope : -1;
    }

    private static bool TryExtract(in Part part, ReadOnlySpan<byte> value, out ReadOnlySpan<byte> element)
    {
        element = value;
        if (part.Separator.Length == 0)
            return part.Key is null || TryTakeKey(part.Key, ref element);
        var index = 0;
        foreach (var range in value.Split(part.Separator))
        {
            element = value[range];
            if (part.Key is null ? index++ == part.Index : TryTakeKey(part.Key, ref element))
                return true;
        }

        return false;
    }

    private static bool TryTakeKey(byte[] key, ref ReadOnlySpan<byte> element)
    {
        if (!element.StartsWith(key))
            return false;
        element = element[key.Length..];
        return true;
    }

    private readonly record struct Part(HeaderName Header, byte[] Separator, int Index, byte[]? Key);
}

using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;

namespace Envoy.Routing;

/// <summary>
/// One level's changes to the headers of a message, compiled. All values are made from the headers as they are once the removals are done;
/// then comes what overwrites, then what is added. Immutable.
/// </summary>
internal sealed class HeaderMutations
{
    private readonly HeaderName[] _removals;
    private readonly Addition[] _additions;

    private HeaderMutations(HeaderName[] removals, Addition[] additions)
    {
        _removals = removals;
        _additions = additions;
    }

    /// <summary>Nothing is changed.</summary>
    public bool IsEmpty => _removals.Length == 0 && _additions.Length == 0;

    /// <summary>Compiles two lists; what is wrong with them goes to <paramref name="errors"/> under their paths.</summary>
    public static HeaderMutations Compile(
        IReadOnlyList<HeaderValueOptionConfig> add, IReadOnlyList<string> remove, string addPath, string removePath, ICollection<RouteError> errors)
    {
        var removals = new HeaderName[remove.Count];
        for (var i = 0; i < removals.Length; i++)
        {
            if (!HeaderName.IsModifiable(remove[i]))
                errors.Add(new RouteError($"{removePath}[{i}]", ":-prefixed or host headers may not be removed"));
            removals[i] = new HeaderName(remove[i]);
        }

        var additions = new Addition[add.Count];
        for (var i = 0; i < additions.Length; i++)
            additions[i] = CompileAddition(add[i], $"{addPath}[{i}]", errors);
        return new HeaderMutations(removals, additions);
    }

    /// <summary>Changes <paramref name="headers"/>. Allocates nothing once <paramref name="values"/> has grown.</summary>
    /// <param name="headers">The message's headers.</param>
    /// <param name="context">What the values are made from.</param>
    /// <param name="values">Room for the values; its content is lost.</param>
    public void Apply(HeaderMap headers, FormatContext context, ByteSink values)
    {
        foreach (var name in _removals)
            name.RemoveFrom(headers);
        if (_additions.Length == 0)
            return;

        // The ends of the values in the room; -1: the header stays as it is.
        Span<int> ends = _additions.Length <= 64 ? stackalloc int[_additions.Length] : new int[_additions.Length];
        values.Clear();
        for (var i = 0; i < _additions.Length; i++)
        {
            ref readonly var addition = ref _additions[i];
            var start = values.Length;
            addition.Format.Write(context, values);
            var wanted = (values.Length > start || addition.KeepsEmpty) && addition.Action switch
            {
                HeaderAppendAction.AddIfAbsent => !addition.Name.IsIn(headers),
                HeaderAppendAction.OverwriteIfExists => addition.Name.IsIn(headers),
                _ => true,
            };
            if (!wanted)
                values.Truncate(start);
            ends[i] = wanted ? values.Length : -1;
        }

        Put(headers, values.Written, ends, overwrites: true);
        Put(headers, values.Written, ends, overwrites: false);
    }

    private void Put(HeaderMap headers, Span<byte> values, ReadOnlySpan<int> ends, bool overwrites)
    {
        var start = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            if (ends[i] < 0)
                continue;
            var value = values[start..ends[i]];
            start = ends[i];
            var action = _additions[i].Action;
            if (overwrites != action is HeaderAppendAction.OverwriteIfExists or HeaderAppendAction.OverwriteIfExistsOrAdd)
                continue;
            if (overwrites)
                _additions[i].Name.Set(headers, value);
            else
                _additions[i].Name.Add(headers, value);
        }
    }

    private static Addition CompileAddition(HeaderValueOptionConfig config, string path, ICollection<RouteError> errors)
    {
        if (!HeaderName.IsModifiable(config.Name))
            errors.Add(new RouteError(path + ".header", ":-prefixed or host headers may not be modified"));
        else if (!HeaderName.IsValid(config.Name))
            errors.Add(new RouteError(path + ".header", $"'{config.Name}' is not a header's name"));
        var format = HeaderFormat.TryCompile(config.Value, out var error);
        if (format is null)
            errors.Add(new RouteError(path + ".header", error));
        return new Addition(new HeaderName(config.Name), format!, config.AppendAction, config.KeepEmptyValue);
    }

    private readonly record struct Addition(HeaderName Name, SubstitutionFormat Format, HeaderAppendAction Action, bool KeepsEmpty);
}

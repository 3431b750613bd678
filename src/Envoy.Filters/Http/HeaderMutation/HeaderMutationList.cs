using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>
/// Changes to headers, compiled. Unlike a route's they act one after another, each on what those before it have left. Immutable.
/// </summary>
internal sealed class HeaderMutationList
{
    private readonly Step[] _steps;

    private HeaderMutationList(Step[] steps) => _steps = steps;

    /// <summary>Compiles a list; what is wrong goes to <paramref name="onError"/>, with its path below the message that holds the list.</summary>
    public static HeaderMutationList Compile(IReadOnlyList<HeaderMutationConfig> configs, string path, Action<string, string> onError)
    {
        var steps = new Step[configs.Count];
        for (var i = 0; i < steps.Length; i++)
        {
            var index = i;
            steps[i] = Compile(configs[i], (field, message) => onError($"{path}[{index}]{field}", message));
        }

        return new HeaderMutationList(steps);
    }

    /// <summary>Changes <paramref name="headers"/>. Allocates nothing once <paramref name="values"/> has grown.</summary>
    public void Apply(HeaderMap headers, FormatContext context, MatchScratch scratch, ByteSink values)
    {
        foreach (ref readonly var step in _steps.AsSpan())
        {
            if (step.Matcher is { } matcher)
                RemoveMatching(headers, matcher, scratch, values);
            else if (step.Format is { } format)
                Append(headers, step, format, context, values);
            else
                step.Name.RemoveFrom(headers);
        }
    }

    /// <summary>Makes the worker's engines before the first request needs them.</summary>
    public void Warm(MatchScratch scratch)
    {
        foreach (var step in _steps)
            step.Matcher?.Warm(scratch);
    }

    private static void Append(HeaderMap headers, in Step step, SubstitutionFormat format, FormatContext context, ByteSink values)
    {
        values.Clear();
        format.Write(context, values);
        if (values.Length == 0 && !step.KeepsEmpty)
            return;
        var exists = step.Name.IsIn(headers);
        if (exists ? step.Action == HeaderAppendAction.AddIfAbsent : step.Action == HeaderAppendAction.OverwriteIfExists)
            return;
        if (step.Pseudo != HeaderId.Other)
            PseudoHeaders.Set(headers, step.Pseudo, values.Written);
        else if (step.Action is HeaderAppendAction.AppendIfExistsOrAdd or HeaderAppendAction.AddIfAbsent)
            step.Name.Add(headers, values.Written);
        else
            step.Name.Set(headers, values.Written);
    }

    private static void RemoveMatching(HeaderMap headers, StringMatcher matcher, MatchScratch scratch, ByteSink names)
    {
        while (FindMatching(headers, matcher, scratch, names))
            headers.Remove(names.Written);
    }

    private static bool FindMatching(HeaderMap headers, StringMatcher matcher, MatchScratch scratch, ByteSink name)
    {
        name.Clear();
        foreach (var field in headers)
        {
            if (field.IsPseudo || !matcher.Matches(field.Name, scratch))
                continue;
            name.Append(field.Name);
            return true;
        }

        return false;
    }

    private static Step Compile(HeaderMutationConfig config, Action<string, string> onError)
    {
        var given = (config.Remove is not null ? 1 : 0) + (config.Append is not null ? 1 : 0) + (config.RemoveOnMatch is not null ? 1 : 0);
        if (given != 1)
        {
            onError("", "needs exactly one of remove, append and remove_on_match");
            return default;
        }

        if (config.RemoveOnMatch is { } match)
        {
            var matcher = StringMatcher.TryCompile(match, out var wrong);
            if (matcher is null)
                onError(".remove_on_match.key_matcher", wrong);
            return new Step(default, null, matcher, default, false, HeaderId.Other);
        }

        var text = config.Append?.Name ?? config.Remove!;
        var field = config.Append is null ? ".remove" : ".append.header";
        var isPseudo = text.StartsWith(':');
        if (isPseudo && config.Append is null)
            onError(field, $"'{text}' cannot be removed: a message is none without it");
        else if (!HeaderName.IsValid(isPseudo ? text[1..] : text))
            onError(field, $"'{text}' is not a header's name");
        var name = new HeaderName(text);
        var pseudo = isPseudo ? HeaderNames.Find(Encoding.ASCII.GetBytes(text.ToLowerInvariant())) : HeaderId.Other;
        if (isPseudo && pseudo == HeaderId.Other && config.Append is not null)
            onError(field, $"'{text}' is not a pseudo header");
        if (config.Append is not { } append)
            return new Step(name, null, null, default, false, HeaderId.Other);
        var format = HeaderFormat.TryCompile(append.Value, out var error);
        if (format is null)
            onError(field, error);
        return new Step(name, format, null, append.AppendAction, append.KeepEmptyValue, pseudo);
    }

    private readonly record struct Step(
        HeaderName Name, SubstitutionFormat? Format, StringMatcher? Matcher, HeaderAppendAction Action, bool KeepsEmpty, HeaderId Pseudo);
}

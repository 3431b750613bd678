using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.type.matcher.v3.RegexMatcher</c> into its expression. Thread-safe.</summary>
internal static class RegexMatcherReader
{
    private static readonly FieldTable<Re2Options> Re2 = new FieldTable<Re2Options>("envoy.type.matcher.v3.RegexMatcher.GoogleRE2", new Re2Options())

        // A limit on RE2's program. The engine here has limits of its own, which it enforces when the expression is compiled.
        .Inert("max_program_size");

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.type.matcher.v3.RegexMatcher", new Draft())
        .Text("regex", d => d.Regex, (d, v) => d with { Regex = v }, required: true)
        .Message("google_re2", _ => null, (d, _) => d, Re2)
        .Check((draft, node, context) =>
        {
            if (draft.Regex.Length > 0 && RegexPattern.TryCompile(draft.Regex, out var wrong) is null)
                context.Error(node.Find("regex") ?? node, wrong);
        });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = Fields.Read(node, context).Regex;
        return value.Length > 0;
    }

    /// <summary>2019's way: the expression itself.</summary>
    public static bool TryReadText(ConfigNode node, ConfigReadContext context, out string value)
    {
        if (!FieldKinds.ReadNonEmpty(node, context, out value))
            return false;
        if (RegexPattern.TryCompile(value, out var wrong) is not null)
            return true;
        context.Error(node, wrong);
        return false;
    }

    private sealed record Re2Options;

    private sealed record Draft
    {
        public string Regex { get; init; } = "";
    }
}

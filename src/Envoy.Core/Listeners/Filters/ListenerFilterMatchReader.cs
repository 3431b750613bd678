using Envoy.Extensions;

namespace Envoy.Listeners.Filters;

/// <summary>Reads <c>envoy.config.listener.v3.ListenerFilterChainMatchPredicate</c>. Thread-safe.</summary>
internal static class ListenerFilterMatchReader
{
    // Deeper than anybody writes; a document must not be able to exhaust the stack.
    private const int MostDepth = 32;

    private static readonly FieldTable<Range> Ports = new FieldTable<Range>("envoy.type.v3.Int32Range", new Range())
        .Number31("start", r => r.Start, (r, v) => r with { Start = v }, most: 65536)
        .Number31("end", r => r.End, (r, v) => r with { End = v }, most: 65536);

    private static readonly FieldTable<Set> MatchSet = new FieldTable<Set>("envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet", new Set())
        .List("rules", "ListenerFilterChainMatchPredicate", s => s.Rules, (s, v) => s with { Rules = v }, TryRead, required: true)
        .Check((set, node, context) =>
        {
            if (set.Rules.Count == 1)
                context.Error(node, "needs two rules at least");
        });

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.listener.v3.ListenerFilterChainMatchPredicate", new Draft())
        .Message("or_match", "MatchSet", static _ => (Set?)null, (d, v) => d with { Match = new OrListenerMatchConfig(v.Rules) }, MatchSet.TryRead)
        .Message("and_match", "MatchSet", static _ => (Set?)null, (d, v) => d with { Match = new AndListenerMatchConfig(v.Rules) }, MatchSet.TryRead)
        .Message("not_match", "ListenerFilterChainMatchPredicate", static _ => (ListenerFilterMatchConfig?)null, (d, v) => d with { Match = new NotListenerMatchConfig(v) }, TryRead)
        .Bool("any_match", _ => null, (d, v) => d with { Match = new AnyListenerMatchConfig(), AnyIsFalse = !v })
        .Message("destination_port_range", "Int32Range", static _ => (Range?)null, (d, v) => d with { Match = new PortRangeListenerMatchConfig(v.Start, v.End) }, Ports.TryRead)
        .OneOf(required: true, "or_match", "and_match", "not_match", "any_match", "destination_port_range")
        .Check((draft, node, context) =>
        {
            if (draft.AnyIsFalse)
                context.Error(node, "any_match must be true");
        });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out ListenerFilterMatchConfig value)
    {
        value = new AnyListenerMatchConfig();
        if (node.Path.AsSpan().Count("_match") > MostDepth)
        {
            context.Error(node, $"rules may be nested {MostDepth} deep");
            return false;
        }

        var draft = Fields.Read(node, context);
        if (draft.Match is null)
            return false;
        value = draft.Match;
        return true;
    }

    private sealed record Range
    {
        public int Start { get; init; }

        public int End { get; init; }
    }

    private sealed record Set
    {
        public ValueList<ListenerFilterMatchConfig> Rules { get; init; } = [];
    }

    private sealed record Draft
    {
        public ListenerFilterMatchConfig? Match { get; init; }

        public bool AnyIsFalse { get; init; }
    }
}

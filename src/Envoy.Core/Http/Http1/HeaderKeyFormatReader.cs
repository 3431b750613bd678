using Envoy.Extensions;

namespace Envoy.Http.Http1;

/// <summary>Reads <c>core.v3.Http1ProtocolOptions.HeaderKeyFormat</c>: whether names are written <c>Like-This</c>. Thread-safe.</summary>
internal static class HeaderKeyFormatReader
{
    private static readonly FieldTable<Draft> Words = new("envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords", new Draft());

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat", new Draft())
        .Message("proper_case_words", _ => null, (d, _) => d with { ProperCase = true }, Words)
        .NotYet("stateful_formatter")
        .OneOf(required: true, "proper_case_words", "stateful_formatter");

    /// <summary>Adds <c>header_key_format</c>.</summary>
    public static FieldTable<T> HeaderKeyFormat<T>(this FieldTable<T> table, Func<T, bool> get, Func<T, bool, T> set)
        where T : class => table.Message("header_key_format", "HeaderKeyFormat", t => get(t) ? new Draft { ProperCase = true } : null, (t, v) => set(t, v.ProperCase), Fields.TryRead);

    private sealed record Draft
    {
        public bool ProperCase { get; init; }
    }
}

using Envoy.Extensions;

namespace Envoy.Filters.Http.Fault;

/// <summary>The empty messages by which a fault says that a request header decides. Thread-safe.</summary>
internal static class HeaderSource
{
    public static FieldTable<T> FromHeader<T>(this FieldTable<T> table, string name, string message, Func<T, bool> get, Func<T, T> set)
        where T : class => table
        .Message(name, r => get(r) ? Nothing.Instance : null, (r, _) => set(r), new FieldTable<Nothing>("envoy.extensions.filters.common.fault.v3." + message, Nothing.Instance));

    private sealed record Nothing
    {
        public static Nothing Instance { get; } = new();
    }
}

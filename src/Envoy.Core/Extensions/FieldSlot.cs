namespace Envoy.Extensions;

/// <summary>
/// One field of a <see cref="FieldTable{T}"/>. Not generic, and so are its delegates: a program that starts would load a dozen types more for
/// each message. Immutable.
/// </summary>
/// <param name="Field">What is known of it without its table.</param>
/// <param name="Get">Its value in a record.</param>
/// <param name="Read">The record with what a node says.</param>
/// <param name="Harmless">Values that say no more than the field's absence, where it is not supported yet.</param>
internal sealed record FieldSlot(
    ConfigField Field, Func<object, object?> Get, Func<object, ConfigNode, ConfigReadContext, object> Read, string[] Harmless)
{
    /// <summary>What to write instead; may be empty.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Adds what only a listing shows; null: nothing.</summary>
    public Func<ConfigField, object, ConfigField>? Complete { get; init; }

    /// <summary>A field that leaves the record as it is.</summary>
    public static FieldSlot Unread(ConfigField field, string[] harmless) => new(field, static _ => null, static (record, _, _) => record, harmless);

    public bool IsHarmless(ConfigNode node)
    {
        foreach (var value in Harmless)
        {
            if (node.Kind == ConfigNodeKind.Scalar ? string.Equals(node.Value, value, StringComparison.OrdinalIgnoreCase)
                : value == "[]" && node.Items.Count == 0 && node.Entries.Count == 0)
            {
                return true;
            }
        }

        return false;
    }
}

namespace Envoy.Extensions;

/// <summary>
/// Reads a <c>core.v3.TypedExtensionConfig</c> whose kinds are few and known to the one that reads it, and that so need no catalogue. Thread-safe.
/// </summary>
internal static class TypedExtensionReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.core.v3.TypedExtensionConfig", new Draft())
        .Text("name", d => d.Name, (d, v) => d with { Name = v }, required: true)
        .Message("typed_config", "Any", d => d.Typed, (d, v) => d with { Typed = v }, FieldKinds.Keep, required: true);

    /// <summary>Finds out what it is; false, with the error reported, when it is nothing.</summary>
    /// <param name="node">The extension.</param>
    /// <param name="context">The document's context.</param>
    /// <param name="type">Its message's full name.</param>
    /// <param name="message">Its message.</param>
    /// <param name="typed">Where the message stands, for errors about its kind.</param>
    public static bool TryRead(ConfigNode node, ConfigReadContext context, out string type, out ConfigNode message, out ConfigNode typed)
    {
        type = "";
        message = typed = node;
        if (Fields.Read(node, context).Typed is not { } any)
            return false;
        typed = any;
        return ExtensionReader.TryReadMessage(context, any, out type, out message);
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public ConfigNode? Typed { get; init; }
    }
}

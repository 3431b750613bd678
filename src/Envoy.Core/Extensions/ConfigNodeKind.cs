namespace Envoy.Extensions;

/// <summary>What a <see cref="ConfigNode"/> is.</summary>
public enum ConfigNodeKind
{
    /// <summary>YAML's or JSON's null: a field that is not set.</summary>
    Null,

    /// <summary>A number, a truth value or a string, as text.</summary>
    Scalar,

    /// <summary>A list.</summary>
    List,

    /// <summary>A mapping of names to nodes.</summary>
    Mapping,
}

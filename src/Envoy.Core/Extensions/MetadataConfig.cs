namespace Envoy.Extensions;

/// <summary>What a configuration says of something to whoever may want to know (<c>core.v3.Metadata.filter_metadata</c>). Immutable.</summary>
public sealed record MetadataConfig
{
    /// <summary>Nothing.</summary>
    public static MetadataConfig Empty { get; } = new();

    /// <summary>A mapping of mappings, by namespace.</summary>
    public StructValue Filters { get; init; } = StructValue.EmptyMapping;

    /// <summary>With the fields of one namespace, all of them texts.</summary>
    public static MetadataConfig Of(string nameSpace, params ReadOnlySpan<(string Name, string Text)> fields) =>
        new() { Filters = StructValue.MappingOf([new StructField(nameSpace, StructValue.LabelsOf(fields))]) };

    /// <summary>The fields of a namespace; null: it is not there.</summary>
    public StructValue? Find(string nameSpace) => Filters.Find(nameSpace);
}

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>What comes next in a JSON text, by its first byte.</summary>
internal enum JsonKind : byte
{
    /// <summary>The text is over.</summary>
    End,
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,

    /// <summary>Nothing that JSON has.</summary>
    Wrong,
}

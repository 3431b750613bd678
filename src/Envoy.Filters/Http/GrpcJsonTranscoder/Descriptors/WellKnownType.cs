namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>Messages whose JSON is not an object of their fields (protobuf's JSON mapping).</summary>
internal enum WellKnownType : byte
{
    None,
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,

    /// <summary>One of <c>google/protobuf/wrappers.proto</c>: its JSON is that of its only field.</summary>
    Wrapper,
}

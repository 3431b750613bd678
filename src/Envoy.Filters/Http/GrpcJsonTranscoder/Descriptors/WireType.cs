namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>How a field lies on the wire: the lowest three bits of its tag.</summary>
internal enum WireType : byte
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

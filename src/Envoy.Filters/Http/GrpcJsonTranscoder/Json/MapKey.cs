namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>Where a map entry's key lies among the bytes that are converted. Immutable.</summary>
internal readonly record struct MapKey(int Start, int Length);

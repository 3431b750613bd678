namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>How a message is written as JSON. Immutable.</summary>
/// <param name="Indents">Line breaks and spaces.</param>
/// <param name="AlwaysPrintsDefaults">Fields without presence are written even where they have their default value.</param>
/// <param name="EnumsAsNumbers">Enums are written as numbers.</param>
/// <param name="ProtoNames">Fields have the names of the proto file.</param>
internal sealed record PrintSettings(bool Indents = false, bool AlwaysPrintsDefaults = false, bool EnumsAsNumbers = false, bool ProtoNames = false);

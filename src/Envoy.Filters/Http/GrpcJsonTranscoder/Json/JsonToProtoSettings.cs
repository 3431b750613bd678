using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>How JSON is read. Immutable.</summary>
/// <param name="Types">The types that an <c>Any</c> may name.</param>
/// <param name="AnyCaseEnums">Names of enum values count in any case.</param>
/// <param name="RejectCollisions">A value of the body that is another one than path or query say is an error.</param>
internal sealed record JsonToProtoSettings(ProtoTypes Types, bool AnyCaseEnums = false, bool RejectCollisions = false);

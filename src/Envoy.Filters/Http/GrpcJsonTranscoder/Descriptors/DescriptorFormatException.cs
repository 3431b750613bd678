namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>A descriptor set is no good; the message is shown to whoever configured it. Thrown and caught while a set is read.</summary>
internal sealed class DescriptorFormatException(string message) : Exception(message);

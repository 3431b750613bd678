namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>A method of a service. Immutable.</summary>
/// <param name="Service">The service's full name.</param>
/// <param name="Name">The method's own.</param>
/// <param name="Input">The request.</param>
/// <param name="Output">The response.</param>
/// <param name="ClientStreaming">Requests are a stream.</param>
/// <param name="ServerStreaming">Responses are a stream.</param>
/// <param name="Rule">Its <c>google.api.http</c> option; null: it has none.</param>
internal sealed record ProtoMethod(
    string Service, string Name, ProtoMessage Input, ProtoMessage Output, bool ClientStreaming, bool ServerStreaming, HttpRule? Rule)
{
    public string FullName => Service + "." + Name;
}

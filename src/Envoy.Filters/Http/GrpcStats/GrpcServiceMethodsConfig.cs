using Envoy.Extensions;

namespace Envoy.Filters.Http.GrpcStats;

/// <summary>Methods of a gRPC service (<c>core.v3.GrpcMethodList.Service</c>). Immutable.</summary>
/// <param name="Name">The service with its package, such as <c>helloworld.Greeter</c>; not empty.</param>
/// <param name="MethodNames">Its methods; at least one.</param>
public sealed record GrpcServiceMethodsConfig(string Name, ValueList<string> MethodNames);

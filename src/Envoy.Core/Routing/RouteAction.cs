namespace Envoy.Routing;

/// <summary>What a route does, compiled: <see cref="ForwardAction"/>, <see cref="RedirectAction"/> or <see cref="DirectResponseAction"/>. Immutable.</summary>
internal abstract class RouteAction;

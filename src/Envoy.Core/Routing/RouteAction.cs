namespace Envoy.Routing;

/// <summary>
/// What a route does, compiled: <see cref="ForwardAction"/>, <see cref="RedirectAction"/>, <see cref="DirectResponseAction"/> or
/// <see cref="NonForwardingAction"/>. Immutable.
/// </summary>
internal abstract class RouteAction;

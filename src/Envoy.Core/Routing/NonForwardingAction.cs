namespace Envoy.Routing;

/// <summary>For filters that do not forward HTTP; the router finds no route in it. Immutable.</summary>
internal sealed class NonForwardingAction : RouteAction;

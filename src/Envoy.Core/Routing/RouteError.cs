namespace Envoy.Routing;

/// <summary>Something a route table may not say. Immutable.</summary>
/// <param name="Path">Where, such as <c>virtual_hosts[0].routes[2].match.safe_regex</c>.</param>
/// <param name="Message">What is wrong.</param>
internal readonly record struct RouteError(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path + ": " + Message;
}

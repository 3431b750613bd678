namespace Envoy.ConnectionManager;

/// <summary>
/// A protocol that clients may change to (<c>HttpConnectionManager.UpgradeConfig</c>), unless a route says otherwise. Immutable.
/// </summary>
/// <param name="UpgradeType">Such as <c>websocket</c>; in any case.</param>
/// <param name="Enabled">Default true.</param>
public sealed record UpgradeConfig(string UpgradeType, bool Enabled = true);

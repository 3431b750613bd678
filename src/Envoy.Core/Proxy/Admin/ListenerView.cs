using Envoy.Net;

namespace Envoy.Proxy.Admin;

/// <summary>A listener as <c>/listeners</c> shows it. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LocalAddresses">The addresses it listens on, with the ports that were chosen.</param>
internal sealed record ListenerView(string Name, IReadOnlyList<AddressConfig> LocalAddresses);

using System.Net;

namespace Envoy.Runtime;

/// <summary>Where an outgoing connection is to come from. Compares by what it asks for. Immutable.</summary>
/// <param name="Address">The address to bind to; port 0: any.</param>
/// <param name="Transparent">The address need not be one of this machine's (IP_TRANSPARENT); needs a privilege. Linux.</param>
/// <param name="FreeBind">The address need not be there yet (IP_FREEBIND). Linux.</param>
/// <param name="Mark">What the kernel's routing knows the connection by (SO_MARK); 0: nothing. Needs a privilege. Linux.</param>
internal sealed record SourceBinding(IPEndPoint Address, bool Transparent = false, bool FreeBind = false, uint Mark = 0);

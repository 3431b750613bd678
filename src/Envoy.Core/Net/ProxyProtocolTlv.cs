using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>One extension of a PROXY protocol header of version 2 (section 2.2 of its specification). Immutable.</summary>
/// <param name="Type">What it is, 0 to 255.</param>
/// <param name="Value">Its bytes.</param>
public sealed record ProxyProtocolTlv(byte Type, ValueList<byte> Value);

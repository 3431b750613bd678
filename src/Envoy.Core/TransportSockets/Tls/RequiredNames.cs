namespace Envoy.TransportSockets.Tls;

/// <summary>Names that one connection's peer must have. Immutable.</summary>
/// <param name="Any">A host, an address or a URI, besides the configured names (<c>auto_san_validation</c>); null: none; empty: one that nobody has.</param>
/// <param name="Host">A host, instead of the configured names (<c>auto_sni_san_validation</c>); null: those.</param>
internal readonly record struct RequiredNames(string? Any, string? Host);

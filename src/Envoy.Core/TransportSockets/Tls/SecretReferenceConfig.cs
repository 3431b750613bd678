namespace Envoy.TransportSockets.Tls;

/// <summary>A secret by its name (<c>tls.v3.SdsSecretConfig</c> without <c>sds_config</c>): one of the proxy's own. Immutable.</summary>
/// <param name="Name">Its name among <see cref="Proxy.ProxyConfig.Secrets"/>.</param>
public sealed record SecretReferenceConfig(string Name);

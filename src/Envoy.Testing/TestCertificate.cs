using System.Security.Cryptography.X509Certificates;

namespace Envoy.Testing;

/// <summary>What a <see cref="TestAuthority"/> has issued. Immutable.</summary>
/// <param name="Certificate">The certificate with its key.</param>
/// <param name="ChainPem">It and the intermediate ones above it, in PEM.</param>
/// <param name="PrivateKeyPem">Its key, in PEM.</param>
public sealed record TestCertificate(X509Certificate2 Certificate, string ChainPem, string PrivateKeyPem);

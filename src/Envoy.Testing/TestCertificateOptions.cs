using System.Net;
using Envoy.Extensions;

namespace Envoy.Testing;

/// <summary>What a <see cref="TestAuthority"/> is asked to issue. Immutable.</summary>
public sealed record TestCertificateOptions
{
    /// <summary>Host names, wildcards included. Default: none.</summary>
    public ValueList<string> DnsNames { get; init; } = [];

    /// <summary>URIs. Default: none.</summary>
    public ValueList<string> Uris { get; init; } = [];

    /// <summary>Mail addresses. Default: none.</summary>
    public ValueList<string> Emails { get; init; } = [];

    /// <summary>IP addresses. Default: none.</summary>
    public ValueList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Default: 1970.</summary>
    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Default: 2099.</summary>
    public DateTimeOffset NotAfter { get; init; } = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An RSA key; false (default): ECDSA on P-256.</summary>
    public bool Rsa { get; init; }

    /// <summary>Default true.</summary>
    public bool ForServers { get; init; } = true;

    /// <summary>Default true.</summary>
    public bool ForClients { get; init; } = true;
}

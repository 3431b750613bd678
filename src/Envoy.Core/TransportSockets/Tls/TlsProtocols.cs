using System.Net.Security;
using System.Security.Authentication;
using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>Versions and protocols of the application as the framework takes them.</summary>
internal static class TlsProtocols
{
    public static SslProtocols Of(TlsParametersConfig parameters, TlsVersion highest)
    {
        var from = parameters.MinimumVersion == TlsVersion.Auto ? TlsVersion.Tls12 : parameters.MinimumVersion;
        var to = parameters.MaximumVersion == TlsVersion.Auto ? highest : parameters.MaximumVersion;
        // One bound given alone takes the other along.
        if (parameters.MaximumVersion == TlsVersion.Auto && to < from)
            to = from;
#pragma warning disable CA5398 // Which versions is what the operator has said.
        return (from, to) switch
        {
            (TlsVersion.Tls12, TlsVersion.Tls12) => SslProtocols.Tls12,
            (TlsVersion.Tls13, _) => SslProtocols.Tls13,
            _ => SslProtocols.Tls12 | SslProtocols.Tls13,
        };
#pragma warning restore CA5398
    }

    public static List<SslApplicationProtocol>? Alpn(ValueList<string> names) => names.Count == 0 ? null : [.. names.Select(name => new SslApplicationProtocol(name))];
}

using System.Text;
using Envoy.Net.Tls;

namespace Envoy.ConnectionManager;

/// <summary>What is told of a client's certificate beside its hash (<c>set_current_client_cert_details</c>). Immutable.</summary>
public sealed record ClientCertDetailsConfig
{
    /// <summary>Its subject. Default false.</summary>
    public bool Subject { get; init; }

    /// <summary>The certificate itself, as percent-encoded PEM. Default false.</summary>
    public bool Cert { get; init; }

    /// <summary>It and those above it that the client sent, as percent-encoded PEM. Default false.</summary>
    public bool Chain { get; init; }

    /// <summary>Its host names. Default false.</summary>
    public bool Dns { get; init; }

    /// <summary>Its URIs. Default false.</summary>
    public bool Uri { get; init; }

    /// <summary>The element of <c>x-forwarded-client-cert</c> for a connection's client.</summary>
    internal byte[] Format(TlsConnectionInfo tls)
    {
        var peer = tls.Peer!;
        var parts = new List<string>();
        foreach (var uri in tls.Local?.Names.Uri ?? [])
            parts.Add("By=" + uri);
        parts.Add("Hash=" + peer.Sha256);
        if (Cert)
            parts.Add($"Cert=\"{peer.UrlEncodedPem}\"");
        if (Chain)
            parts.Add($"Chain=\"{peer.UrlEncodedPem}{string.Concat(tls.PeerChain.Select(c => c.UrlEncodedPem))}\"");
        if (Subject)
            parts.Add($"Subject=\"{peer.Subject}\"");
        if (Uri)
            parts.AddRange(peer.Names.Uri.Count == 0 ? ["URI="] : peer.Names.Uri.Select(uri => "URI=" + uri));
        if (Dns)
            parts.AddRange(peer.Names.Dns.Select(name => "DNS=" + name));
        // What a certificate says must not end the header's line.
        return [.. Encoding.UTF8.GetBytes(string.Join(';', parts)).Select(b => b is < (byte)' ' or 0x7F ? (byte)'_' : b)];
    }
}

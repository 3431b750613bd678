using System.Net;
using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Clusters.Pools;

/// <summary>
/// The hosts that a cluster's requests are for, where its TLS goes by them (<c>auto_sni</c>, <c>auto_san_validation</c>): each is made a text once. Worker-owned.
/// </summary>
internal sealed class ServerNames
{
    // Beyond it names are made afresh for each request; pools, which are few or short-lived, are found all the same.
    private const int MostKept = 1024;
    private const int MostBytes = 255;

    private readonly Dictionary<string, ServerName> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServerName>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly byte[] _header;

    private ServerNames(Cluster cluster)
    {
        _bySpan = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        _header = Encoding.ASCII.GetBytes(cluster.Snapshot.Config.AutoSniHeader.ToLowerInvariant());
    }

    /// <summary>The request's host; null: the cluster does not go by it.</summary>
    public static ServerName? Of(Cluster cluster, HeaderMap headers)
    {
        var config = cluster.Snapshot.Config;
        return (config.AutoSni || config.AutoSanValidation) && cluster.HasSecureSocket ? cluster.Local(static c => new ServerNames(c)).Find(headers) : null;
    }

    private ServerName? Find(HeaderMap headers)
    {
        // As in Envoy: the header where it is there, else the request's host.
        if (_header.Length == 0 || !headers.TryGet(_header, out var authority) || authority.IsEmpty)
            authority = headers.Get(HeaderId.Authority);
        authority = WithoutPort(authority);
        if (authority.IsEmpty || authority.Length > MostBytes)
            return ServerName.Unusable;
        Span<char> text = stackalloc char[MostBytes];
        text = text[..Encoding.Latin1.GetChars(authority, text)];
        foreach (ref var c in text)
            c = char.ToLowerInvariant(c);
        if (_bySpan.TryGetValue(text, out var known))
            return known;
        var name = text.ToString();
        var made = new ServerName(name, IPAddress.TryParse(name, out _));
        if (_names.Count < MostKept)
            _names.Add(name, made);
        return made;
    }

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> authority)
    {
        if (authority.StartsWith("["u8))
            return authority.IndexOf((byte)']') is > 0 and var end ? authority[1..end] : default;
        var colon = authority.LastIndexOf((byte)':');
        return colon < 0 ? authority : authority[..colon];
    }
}

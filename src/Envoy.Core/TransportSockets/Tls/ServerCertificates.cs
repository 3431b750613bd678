using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>A server's certificates and the choice among them. Immutable.</summary>
internal sealed class ServerCertificates
{
    private readonly CertificateMaterial[] _all;
    private readonly Dictionary<string, List<CertificateMaterial>> _byName = new(StringComparer.Ordinal);
    private readonly bool _fullScan;
    private readonly bool _hasRsa;

    public ServerCertificates(CertificateMaterial[] all, bool fullScan)
    {
        _all = all;
        _fullScan = fullScan;
        foreach (var material in all)
        {
            _hasRsa |= material.Curve == 0;
            foreach (var name in material.Names())
            {
                // A wildcard is kept as what follows its star, so that it cannot be asked for by its own name.
                var key = (name.StartsWith("*.", StringComparison.Ordinal) ? name[1..] : name).ToLowerInvariant();
                if (!_byName.TryGetValue(key, out var same))
                    _byName.Add(key, same = []);
                // Of those with one name and one kind of key the first counts.
                if (!same.Exists(m => (m.Curve == 0) == (material.Curve == 0)))
                    same.Add(material);
            }
        }
    }

    public IReadOnlyList<CertificateMaterial> All => _all;

    /// <summary>By name (the exact one, then the wildcard), then by the kind of key; the first where nothing fits, as in Envoy.</summary>
    public CertificateMaterial Choose(ClientHello hello)
    {
        if (_all.Length == 1)
            return _all[0];
        var curves = Curves(hello);
        if (hello.ServerName is { } name)
        {
            if (Among(_byName.GetValueOrDefault(name), curves) is { } exact)
                return exact;
            var dot = name.Length > 1 ? name.IndexOf('.', 1) : -1;
            if (dot > 0 && dot < name.Length - 1 && Among(_byName.GetValueOrDefault(name[dot..]), curves) is { } wildcard)
                return wildcard;
            if (!_fullScan)
                return _all[0];
        }

        return (curves.Count > 0 || _hasRsa ? Among(_all, curves) : null) ?? _all[0];
    }

    // A client that takes ECDSA gets it where there is such a key on one of its curves.
    private static CertificateMaterial? Among(IReadOnlyList<CertificateMaterial>? materials, List<ushort> curves)
    {
        CertificateMaterial? rsa = null;
        for (var i = 0; materials is not null && i < materials.Count; i++)
        {
            var material = materials[i];
            if (material.Curve != 0 && curves.Contains(material.Curve))
                return material;
            if (material.Curve == 0)
                rsa ??= material;
        }

        return rsa;
    }

    /// <summary>The curves of ECDSA keys that the client takes; none: it takes no such key.</summary>
    private static List<ushort> Curves(ClientHello hello)
    {
        var curves = new List<ushort>(3);
        if (hello.HighestVersion >= 0x0304)
        {
            // The signature's algorithm names its curve (RFC 8446 section 4.2.3).
            foreach (var algorithm in hello.SignatureAlgorithms)
            {
                if (algorithm is 0x0403 or 0x0503 or 0x0603)
                    curves.Add((ushort)(23 + ((algorithm >> 8) - 4)));
            }

            return curves;
        }

        // Before, a curve, and a cipher suite that signs so (RFC 8422 section 2).
        if (!Array.Exists(hello.CipherSuites, IsEcdsaSuite))
            return curves;
        foreach (var group in hello.SupportedGroups)
        {
            if (group is 23 or 24 or 25)
                curves.Add(group);
        }

        return curves;
    }

    private static bool IsEcdsaSuite(ushort suite) => suite is 0xC02B or 0xC02C or 0xCCA9 or 0xC009 or 0xC00A or 0xC023 or 0xC024 or 0xC0AC or 0xC0AD;
}

using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Envoy.TransportSockets.Tls;

/// <summary>A list of revoked certificates (RFC 5280 section 5). Immutable.</summary>
internal sealed class RevocationList
{
    private readonly byte[] _signed;
    private readonly byte[] _signature;
    private readonly string _algorithm;
    private readonly byte[] _issuer;
    private readonly DateTimeOffset? _nextUpdate;
    private readonly HashSet<BigInteger> _revoked = [];

    private RevocationList(byte[] der)
    {
        var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        _signed = list.PeekEncodedValue().ToArray();
        var body = list.ReadSequence();
        _algorithm = list.ReadSequence().ReadObjectIdentifier();
        _signature = list.ReadBitString(out _);
        if (body.PeekTag() == Asn1Tag.Integer)
            _ = body.ReadInteger();
        _ = body.ReadEncodedValue();
        _issuer = body.ReadEncodedValue().ToArray();
        _ = ReadTime(body);
        if (body.HasData && IsTime(body.PeekTag()))
            _nextUpdate = ReadTime(body);
        if (!body.HasData || body.PeekTag() != Asn1Tag.Sequence)
            return;
        var entries = body.ReadSequence();
        while (entries.HasData)
            _revoked.Add(entries.ReadSequence().ReadInteger());
    }

    /// <summary>All lists in a PEM text.</summary>
    /// <exception cref="TlsMaterialException">One of them is none.</exception>
    public static List<RevocationList> Load(string pem, string where)
    {
        var lists = new List<RevocationList>();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is "X509 CRL")
            {
                try
                {
                    lists.Add(new RevocationList(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
                }
                catch (Exception e) when (e is AsnContentException or FormatException)
                {
                    throw new TlsMaterialException($"a list of revoked certificates ({where}) cannot be read: {e.Message}");
                }
            }

            rest = rest[fields.Location.End..];
        }

        return lists;
    }

    public bool IsFrom(X509Certificate2 issuer) => _issuer.AsSpan().SequenceEqual(issuer.SubjectName.RawData);

    public bool HasExpired(DateTimeOffset now) => _nextUpdate < now;

    public bool Revokes(X509Certificate2 certificate) => _revoked.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: false, isBigEndian: true));

    /// <summary>Whether <paramref name="issuer"/> has signed it.</summary>
    public bool IsSignedBy(X509Certificate2 issuer)
    {
        var hash = _algorithm switch
        {
            "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
            _ => default,
        };
        if (hash == default)
            return false;
        using var rsa = issuer.GetRSAPublicKey();
        if (rsa is not null)
            return rsa.VerifyData(_signed, _signature, hash, RSASignaturePadding.Pkcs1);
        using var ecdsa = issuer.GetECDsaPublicKey();
        return ecdsa is not null && ecdsa.VerifyData(_signed, _signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static bool IsTime(Asn1Tag tag) => tag == Asn1Tag.UtcTime || tag == Asn1Tag.GeneralizedTime;

    private static DateTimeOffset ReadTime(AsnReader reader) => reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}

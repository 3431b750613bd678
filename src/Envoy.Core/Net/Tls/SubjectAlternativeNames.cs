using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Envoy.Extensions;

namespace Envoy.Net.Tls;

/// <summary>The names that a certificate is for, by their kind (RFC 5280 section 4.2.1.6). Immutable.</summary>
public sealed record SubjectAlternativeNames
{
    private const string ExtensionId = "2.5.29.17";

    /// <summary>Host names, wildcards included.</summary>
    public ValueList<string> Dns { get; internal init; } = [];

    /// <summary>URIs, such as SPIFFE's.</summary>
    public ValueList<string> Uri { get; internal init; } = [];

    /// <summary>Mail addresses.</summary>
    public ValueList<string> Email { get; internal init; } = [];

    /// <summary>IP addresses as text.</summary>
    public ValueList<string> Ip { get; internal init; } = [];

    /// <summary>Names of other types, of those that are text: their type's object identifier and their value.</summary>
    public ValueList<KeyValuePair<string, string>> Other { get; internal init; } = [];

    internal static SubjectAlternativeNames Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions[ExtensionId] is not { } extension)
            return new SubjectAlternativeNames();
        try
        {
            return Read(extension.RawData);
        }
        catch (Exception e) when (e is AsnContentException or ArgumentException)
        {
            // What cannot be read names nobody.
            return new SubjectAlternativeNames();
        }
    }

    private static SubjectAlternativeNames Read(byte[] raw)
    {
        List<string> dns = [], uri = [], email = [], ip = [];
        List<KeyValuePair<string, string>> other = [];
        var names = new AsnReader(raw, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            switch (tag.TagClass == TagClass.ContextSpecific ? tag.TagValue : -1)
            {
                case 0:
                    ReadOther(names.ReadSequence(tag), other);
                    break;
                case 1:
                    email.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 2:
                    dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 6:
                    uri.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 7:
                    if (names.ReadOctetString(tag) is { Length: 4 or 16 } address)
                        ip.Add(new IPAddress(address).ToString());
                    break;
                default:
                    _ = names.ReadEncodedValue();
                    break;
            }
        }

        return new SubjectAlternativeNames { Dns = [.. dns], Uri = [.. uri], Email = [.. email], Ip = [.. ip], Other = [.. other] };
    }

    private static void ReadOther(AsnReader name, List<KeyValuePair<string, string>> other)
    {
        var type = name.ReadObjectIdentifier();
        var value = name.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        var tag = value.PeekTag();
        if (tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString
            or UniversalTagNumber.IA5String or UniversalTagNumber.BMPString or UniversalTagNumber.T61String)
            other.Add(new(type, value.ReadCharacterString((UniversalTagNumber)tag.TagValue)));
    }
}

using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Envoy.Net.Tls;

/// <summary>Names of certificates as RFC 2253 writes them, most specific part first, with the short names that OpenSSL has for their types.</summary>
internal static class DistinguishedNames
{
    public static string Format(X500DistinguishedName name)
    {
        try
        {
            return Read(name);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException or ArgumentException)
        {
            // Not what its types say, such as a wildcard in a PrintableString: all of it as bytes (RFC 2253 section 2.4).
            return "#" + Convert.ToHexString(name.RawData);
        }
    }

    private static string Read(X500DistinguishedName name)
    {
        var text = new StringBuilder();
        foreach (var part in name.EnumerateRelativeDistinguishedNames())
        {
            if (text.Length > 0)
                text.Append(',');
            if (part.HasMultipleElements)
                AppendSet(text, part.RawData);
            else
                Append(text, part.GetSingleElementType().Value!, part.GetSingleElementValue());
        }

        return text.ToString();
    }

    // A part of several elements, which the framework does not take apart: SET OF SEQUENCE { type, value }.
    private static void AppendSet(StringBuilder text, ReadOnlyMemory<byte> raw)
    {
        var set = new AsnReader(raw, AsnEncodingRules.DER).ReadSetOf();
        for (var first = true; set.HasData; first = false)
        {
            var element = set.ReadSequence();
            var type = element.ReadObjectIdentifier();
            var tag = element.PeekTag();
            if (!first)
                text.Append('+');
            Append(text, type, tag.TagClass == TagClass.Universal && IsText(tag.TagValue) ? element.ReadCharacterString((UniversalTagNumber)tag.TagValue) : null);
        }
    }

    private static bool IsText(int tag) => (UniversalTagNumber)tag is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString
        or UniversalTagNumber.IA5String or UniversalTagNumber.T61String or UniversalTagNumber.BMPString or UniversalTagNumber.NumericString;

    private static void Append(StringBuilder text, string type, string? value)
    {
        text.Append(ShortName(type)).Append('=');
        if (value is null)
            return;
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            // RFC 2253 section 2.4.
            var edge = (i == 0 && c is ' ' or '#') || (i == value.Length - 1 && c == ' ');
            if (edge || c is ',' or '+' or '"' or '\\' or '<' or '>' or ';')
                text.Append('\\');
            if (c < ' ' || c > '~')
                AppendEscaped(text, value, ref i);
            else
                text.Append(c);
        }
    }

    private static void AppendEscaped(StringBuilder text, string value, ref int at)
    {
        var length = char.IsHighSurrogate(value[at]) && at + 1 < value.Length ? 2 : 1;
        foreach (var b in Encoding.UTF8.GetBytes(value, at, length))
            text.Append('\\').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        at += length - 1;
    }

    private static string ShortName(string type) => type switch
    {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.13" => "description",
        "2.5.4.42" => "GN",
        "2.5.4.43" => "initials",
        "2.5.4.46" => "dnQualifier",
        "2.5.4.65" => "pseudonym",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => type,
    };
}

using System.Buffers;
using Envoy.Buffers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>Decodes <c>%XX</c>; what is no such code stays as it is.</summary>
internal static class PercentDecoding
{
    private static readonly SearchValues<byte> Reserved = SearchValues.Create("!#$&'()*+,/:;=?@[]"u8);

    /// <summary>Appends <paramref name="text"/>, decoded.</summary>
    public static void Append(ByteSink sink, ReadOnlySpan<byte> text, UrlUnescapeSpec spec, bool plusIsSpace = false)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b == '+' && plusIsSpace)
            {
                b = (byte)' ';
            }
            else if (b == '%' && i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                var code = (byte)((Value(text[i + 1]) << 4) | Value(text[i + 2]));
                var stays = spec switch
                {
                    UrlUnescapeSpec.AllCharacters => false,
                    UrlUnescapeSpec.AllCharactersExceptSlash => code == '/',
                    _ => Reserved.Contains(code),
                };
                if (!stays)
                {
                    b = code;
                    i += 2;
                }
            }

            sink.Append(b);
        }
    }

    private static int Value(byte digit) => digit > '9' ? (digit & 0xf) + 9 : digit & 0xf;
}

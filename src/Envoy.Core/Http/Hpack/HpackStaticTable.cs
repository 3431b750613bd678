using Envoy.Http.Headers;

namespace Envoy.Http.Hpack;

/// <summary>The 61 entries of RFC 7541 appendix A, and the way back from a name to its first entry. Immutable.</summary>
internal static class HpackStaticTable
{
    /// <summary>How many entries there are; they count from 1.</summary>
    public const int Count = 61;

    private static readonly (byte[] Name, byte[] Value, HeaderId Id)[] Entries = Make(
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"),
        (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"),
        ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
        ("content-encoding", ""), ("content-language", ""), ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
        ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
        ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""),
        ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]);

    private static readonly byte[] FirstOfId = MakeFirstOfId();

    public static ReadOnlySpan<byte> NameOf(int index) => Entries[index - 1].Name;

    public static ReadOnlySpan<byte> ValueOf(int index) => Entries[index - 1].Value;

    public static HeaderId IdOf(int index) => Entries[index - 1].Id;

    /// <summary>The first entry of the name, 0 when there is none. Entries of one name follow each other.</summary>
    public static int Find(HeaderId id, ReadOnlySpan<byte> name)
    {
        if (id != HeaderId.Other)
            return FirstOfId[(int)id];
        // The few names of the table that have no id, told apart by their lengths first.
        for (var i = 0; i < Entries.Length; i++)
        {
            if (Entries[i].Id == HeaderId.Other && Entries[i].Name.Length == name.Length && name.SequenceEqual(Entries[i].Name))
                return i + 1;
        }

        return 0;
    }

    private static (byte[], byte[], HeaderId)[] Make((string Name, string Value)[] entries) =>
        Array.ConvertAll(entries, e => (System.Text.Encoding.ASCII.GetBytes(e.Name), System.Text.Encoding.ASCII.GetBytes(e.Value), HeaderNames.Find(System.Text.Encoding.ASCII.GetBytes(e.Name))));

    private static byte[] MakeFirstOfId()
    {
        var first = new byte[HeaderNames.Count];
        for (var i = Entries.Length - 1; i >= 0; i--)
            first[(int)Entries[i].Id] = (byte)(i + 1);
        return first;
    }
}

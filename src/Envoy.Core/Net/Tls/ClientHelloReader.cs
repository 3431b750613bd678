using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Envoy.Extensions;

namespace Envoy.Net.Tls;

/// <summary>
/// Reads a ClientHello from the first bytes of a connection, of which it takes none: it may lie in several records and come in any pieces. Thread-safe.
/// </summary>
internal static class ClientHelloReader
{
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int MostInRecord = 16 * 1024 + 256;

    /// <summary>Looks at what has come so far.</summary>
    /// <param name="received">Everything from the connection's beginning.</param>
    /// <param name="mostBytes">The largest message taken.</param>
    /// <param name="hello">The message, if it is whole.</param>
    public static ClientHelloStatus Read(ReadOnlySpan<byte> received, int mostBytes, out ClientHello? hello)
    {
        hello = null;
        var first = Record(received, out var fragment, out var whole);
        if (first != ClientHelloStatus.Found)
            return first;
        if (fragment.Length > 0 && fragment[0] != ClientHelloMessage)
            return ClientHelloStatus.NotTls;
        if (fragment.Length >= MessageHeader && MessageHeader + LengthOf(fragment) <= fragment.Length)
            return Parse(fragment[..(MessageHeader + LengthOf(fragment))], mostBytes, out hello);
        if (fragment.Length >= MessageHeader && LengthOf(fragment) + MessageHeader > mostBytes)
            return ClientHelloStatus.TooLarge;
        if (!whole)
            return ClientHelloStatus.NeedMore;
        return Joined(received, mostBytes, out hello);
    }

    private static int LengthOf(ReadOnlySpan<byte> message) => message[1] << 16 | message[2] << 8 | message[3];

    /// <summary>The first record: what of its content is there, and whether that is all of it.</summary>
    private static ClientHelloStatus Record(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> fragment, out bool whole)
    {
        fragment = default;
        whole = false;
        // Type, then the version's first byte, which no later version changed.
        if (bytes.Length > 0 && bytes[0] != HandshakeRecord)
            return ClientHelloStatus.NotTls;
        if (bytes.Length > 1 && bytes[1] != 3)
            return ClientHelloStatus.NotTls;
        if (bytes.Length < RecordHeader)
            return ClientHelloStatus.NeedMore;
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
        if (length is 0 or > MostInRecord)
            return ClientHelloStatus.Malformed;
        whole = bytes.Length >= RecordHeader + length;
        fragment = bytes.Slice(RecordHeader, Math.Min(length, bytes.Length - RecordHeader));
        return ClientHelloStatus.Found;
    }

    /// <summary>A message that lies in several records.</summary>
    private static ClientHelloStatus Joined(ReadOnlySpan<byte> records, int mostBytes, out ClientHello? hello)
    {
        hello = null;
        var joined = ArrayPool<byte>.Shared.Rent(mostBytes);
        try
        {
            var length = 0;
            while (true)
            {
                var status = Record(records, out var fragment, out var whole);
                if (status == ClientHelloStatus.NotTls)
                    return ClientHelloStatus.Malformed;
                if (status != ClientHelloStatus.Found)
                    return status;
                if (length + fragment.Length > mostBytes)
                    return ClientHelloStatus.TooLarge;
                fragment.CopyTo(joined.AsSpan(length));
                length += fragment.Length;
                if (length >= MessageHeader)
                {
                    var needed = MessageHeader + LengthOf(joined);
                    if (needed > mostBytes)
                        return ClientHelloStatus.TooLarge;
                    if (length >= needed)
                        return Parse(joined.AsSpan(0, needed), mostBytes, out hello);
                }

                if (!whole)
                    return ClientHelloStatus.NeedMore;
                records = records[(RecordHeader + fragment.Length)..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    private static ClientHelloStatus Parse(ReadOnlySpan<byte> message, int mostBytes, out ClientHello? hello)
    {
        hello = null;
        if (message.Length > mostBytes)
            return ClientHelloStatus.TooLarge;
        var reader = new Reader(message[MessageHeader..]);
        var version = reader.UInt16();
        reader.Skip(32);
        reader.Vector8();
        var suites = Numbers(reader.Vector16());
        reader.Vector8();
        if (reader.Failed || suites.Length == 0)
            return ClientHelloStatus.Malformed;
        var result = new Draft();
        if (!reader.IsAtEnd)
        {
            var extensions = new Reader(reader.Vector16());
            while (!extensions.IsAtEnd && !extensions.Failed)
            {
                var type = extensions.UInt16();
                var body = extensions.Vector16();
                if (extensions.Failed)
                    break;
                result.Extensions.Add(type);
                if (!Extension(type, body, result))
                    return ClientHelloStatus.Malformed;
            }

            if (extensions.Failed || reader.Failed || !reader.IsAtEnd)
                return ClientHelloStatus.Malformed;
        }

        hello = new ClientHello
        {
            LegacyVersion = version,
            CipherSuites = suites,
            ServerName = result.ServerName,
            ApplicationProtocols = [.. result.Protocols],
            SupportedVersions = result.Versions,
            SupportedGroups = result.Groups,
            SignatureAlgorithms = result.Signatures,
            PointFormats = result.PointFormats,
            Extensions = [.. result.Extensions],
        };
        return ClientHelloStatus.Found;
    }

    private static bool Extension(ushort type, ReadOnlySpan<byte> body, Draft result)
    {
        var reader = new Reader(body);
        switch (type)
        {
            case 0:
                return ServerName(body, result);
            case 10:
                result.Groups = Numbers(reader.Vector16());
                break;
            case 11:
                result.PointFormats = reader.Vector8().ToArray();
                break;
            case 13:
                result.Signatures = Numbers(reader.Vector16());
                break;
            case 16:
                for (var names = new Reader(reader.Vector16()); !names.IsAtEnd;)
                {
                    var name = names.Vector8();
                    if (names.Failed || name.IsEmpty)
                        return false;
                    result.Protocols.Add(Encoding.Latin1.GetString(name));
                }

                break;
            case 43:
                result.Versions = Numbers(reader.Vector8());
                break;
            default:
                return true;
        }

        return !reader.Failed;
    }

    // RFC 6066 section 3. An empty extension is a server's; a client's names one host.
    private static bool ServerName(ReadOnlySpan<byte> body, Draft result)
    {
        var names = new Reader(new Reader(body).Vector16());
        while (!names.IsAtEnd && !names.Failed)
        {
            var type = names.Byte();
            var name = names.Vector16();
            if (type != 0 || names.Failed)
                continue;
            if (name.IsEmpty || name.Length > 255 || name.Contains((byte)0))
                return false;
            result.ServerName ??= Encoding.Latin1.GetString(name).ToLowerInvariant();
        }

        return !names.Failed;
    }

    private static ushort[] Numbers(ReadOnlySpan<byte> bytes)
    {
        var numbers = new ushort[bytes.Length / 2];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadUInt16BigEndian(bytes[(i * 2)..]);
        return numbers;
    }

    private sealed class Draft
    {
        public string? ServerName;
        public List<string> Protocols = [];
        public List<ushort> Extensions = [];
        public ushort[] Versions = [];
        public ushort[] Groups = [];
        public ushort[] Signatures = [];
        public byte[] PointFormats = [];
    }

    /// <summary>Reads lengths and what they announce; past the end it fails once and for all.</summary>
    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public bool Failed { get; private set; }

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public byte Byte() => Take(1) is [var value] ? value : (byte)0;

        public ushort UInt16() => Take(2) is { Length: 2 } value ? BinaryPrimitives.ReadUInt16BigEndian(value) : (ushort)0;

        public void Skip(int count) => Take(count);

        public ReadOnlySpan<byte> Vector8() => Take(Byte());

        public ReadOnlySpan<byte> Vector16() => Take(UInt16());

        private ReadOnlySpan<byte> Take(int count)
        {
            if (_rest.Length < count)
            {
                Failed = true;
                _rest = default;
                return default;
            }

            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}

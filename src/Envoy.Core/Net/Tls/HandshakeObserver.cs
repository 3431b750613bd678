using System.Buffers;
using System.Buffers.Binary;

namespace Envoy.Net.Tls;

/// <summary>
/// Sees what two sides say before they encrypt, and tells from it what <see cref="System.Net.Security.SslStream"/> does not: whether a session was
/// resumed, and which group the keys were agreed in. Worker-owned.
/// </summary>
internal sealed class HandshakeObserver(bool isServer)
{
    // Enough for both hellos and a chain of certificates; beyond it the group of a TLS 1.2 handshake stays unknown.
    private const int MostBytes = 16 * 1024;
    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const byte ClientHello = 1;
    private const byte ServerHello = 2;
    private const byte ServerKeyExchange = 12;
    private const ushort KeyShare = 51;
    private const ushort PreSharedKey = 41;
    private const ushort SupportedVersions = 43;

    // The first bytes of the random that says "hello again" (RFC 8446 section 4.1.3).
    private static ReadOnlySpan<byte> RetryRandom => [0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11];

    private readonly ArrayBufferWriter<byte> _client = new(512);
    private readonly ArrayBufferWriter<byte> _server = new(512);

    /// <summary>The keys of an earlier connection were used again.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>The group of the key exchange (IANA's number); 0: none, or unknown.</summary>
    public ushort Group { get; private set; }

    /// <summary>The session's id; empty if it has none, and with TLS 1.3, where it means nothing.</summary>
    public byte[] SessionId { get; private set; } = [];

    public void SeeInput(ReadOnlySpan<byte> bytes) => Keep(isServer ? _client : _server, bytes);

    public void SeeOutput(ReadOnlySpan<byte> bytes) => Keep(isServer ? _server : _client, bytes);

    /// <summary>The handshake is over: finds out what there is to know.</summary>
    public void Complete()
    {
        ReadOnlySpan<byte> offered = default;
        foreach (var message in new Messages(_client.WrittenSpan))
        {
            if (message.Type == ClientHello)
                offered = SessionIdOf(message.Body);
        }

        foreach (var message in new Messages(_server.WrittenSpan))
        {
            if (message.Type == ServerHello)
                OnServerHello(message.Body, offered);
            else if (message.Type == ServerKeyExchange && message.Body is [3, var high, var low, ..])
                Group = (ushort)(high << 8 | low);
        }
    }

    private static void Keep(ArrayBufferWriter<byte> seen, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MostBytes - seen.WrittenCount)];
        seen.Write(bytes);
    }

    // Version (2), random (32), then the id with its length.
    private static ReadOnlySpan<byte> SessionIdOf(ReadOnlySpan<byte> hello) =>
        hello.Length > 34 && hello.Length >= 35 + hello[34] ? hello.Slice(35, hello[34]) : default;

    private void OnServerHello(ReadOnlySpan<byte> hello, ReadOnlySpan<byte> offered)
    {
        if (hello.Length < 38 || hello.Slice(2, RetryRandom.Length).SequenceEqual(RetryRandom))
            return;
        var id = SessionIdOf(hello);
        // Cipher suite (2), compression (1), then the extensions with their length.
        var at = 35 + id.Length + 3;
        var is13 = false;
        if (at + 2 <= hello.Length)
        {
            for (var rest = hello[(at + 2)..]; rest.Length >= 4;)
            {
                var type = BinaryPrimitives.ReadUInt16BigEndian(rest);
                var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
                if (rest.Length < 4 + length)
                    break;
                var body = rest.Slice(4, length);
                is13 |= type == SupportedVersions;
                IsResumed |= type == PreSharedKey;
                if (type == KeyShare && length >= 2)
                    Group = BinaryPrimitives.ReadUInt16BigEndian(body);
                rest = rest[(4 + length)..];
            }
        }

        if (is13)
            return;
        SessionId = id.ToArray();
        // RFC 5246 section 7.4.1.3: the client's own id comes back when its session is resumed.
        IsResumed = id.Length > 0 && id.SequenceEqual(offered);
    }

    private readonly ref struct Message(byte type, ReadOnlySpan<byte> body)
    {
        public byte Type => type;

        public ReadOnlySpan<byte> Body { get; } = body;
    }

    /// <summary>The handshake messages of a row of records, up to where they are encrypted.</summary>
    private ref struct Messages
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private int _at;

        public Messages(ReadOnlySpan<byte> records)
        {
            var joined = new ArrayBufferWriter<byte>(Math.Max(records.Length, 1));
            while (records.Length >= 5 && records[0] is Handshake or ChangeCipherSpec)
            {
                var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(records[3..]), records.Length - 5);
                if (records[0] == ChangeCipherSpec)
                    break;
                joined.Write(records.Slice(5, length));
                records = records[(5 + length)..];
            }

            _bytes = joined.WrittenSpan;
        }

        public Message Current { get; private set; }

        public readonly Messages GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_at + 4 > _bytes.Length)
                return false;
            var length = _bytes[_at + 1] << 16 | BinaryPrimitives.ReadUInt16BigEndian(_bytes[(_at + 2)..]);
            if (_at + 4 + length > _bytes.Length)
                return false;
            Current = new Message(_bytes[_at], _bytes.Slice(_at + 4, length));
            _at += 4 + length;
            return true;
        }
    }
}

namespace Envoy.Http.Headers;

/// <summary>Names of the known headers and the way back from a name to its id. Immutable.</summary>
public static class HeaderNames
{
    /// <summary>How many ids there are, <see cref="HeaderId.Other"/> included.</summary>
    public const int Count = 72;

    // In the order of HeaderId, with what HTTP/1 writes behind a name, so that one copy writes both.
    private static readonly byte[][] Lines =
    [
        ": "u8.ToArray(),
        ":method: "u8.ToArray(),
        ":path: "u8.ToArray(),
        ":authority: "u8.ToArray(),
        ":scheme: "u8.ToArray(),
        ":status: "u8.ToArray(),
        ":protocol: "u8.ToArray(),
        "host: "u8.ToArray(),
        "connection: "u8.ToArray(),
        "keep-alive: "u8.ToArray(),
        "proxy-connection: "u8.ToArray(),
        "transfer-encoding: "u8.ToArray(),
        "content-length: "u8.ToArray(),
        "te: "u8.ToArray(),
        "trailer: "u8.ToArray(),
        "upgrade: "u8.ToArray(),
        "http2-settings: "u8.ToArray(),
        "expect: "u8.ToArray(),
        "content-type: "u8.ToArray(),
        "content-encoding: "u8.ToArray(),
        "date: "u8.ToArray(),
        "server: "u8.ToArray(),
        "user-agent: "u8.ToArray(),
        "via: "u8.ToArray(),
        "accept: "u8.ToArray(),
        "accept-encoding: "u8.ToArray(),
        "accept-language: "u8.ToArray(),
        "cookie: "u8.ToArray(),
        "set-cookie: "u8.ToArray(),
        "location: "u8.ToArray(),
        "referer: "u8.ToArray(),
        "origin: "u8.ToArray(),
        "authorization: "u8.ToArray(),
        "cache-control: "u8.ToArray(),
        "etag: "u8.ToArray(),
        "last-modified: "u8.ToArray(),
        "if-none-match: "u8.ToArray(),
        "if-modified-since: "u8.ToArray(),
        "range: "u8.ToArray(),
        "vary: "u8.ToArray(),
        "forwarded: "u8.ToArray(),
        "x-request-id: "u8.ToArray(),
        "x-forwarded-for: "u8.ToArray(),
        "x-forwarded-proto: "u8.ToArray(),
        "x-forwarded-host: "u8.ToArray(),
        "x-forwarded-port: "u8.ToArray(),
        "x-forwarded-client-cert: "u8.ToArray(),
        "x-envoy-internal: "u8.ToArray(),
        "x-envoy-external-address: "u8.ToArray(),
        "x-envoy-original-path: "u8.ToArray(),
        "x-envoy-original-host: "u8.ToArray(),
        "x-envoy-attempt-count: "u8.ToArray(),
        "x-envoy-expected-rq-timeout-ms: "u8.ToArray(),
        "x-envoy-upstream-rq-timeout-ms: "u8.ToArray(),
        "x-envoy-upstream-rq-per-try-timeout-ms: "u8.ToArray(),
        "x-envoy-upstream-service-time: "u8.ToArray(),
        "x-envoy-upstream-canary: "u8.ToArray(),
        "x-envoy-overloaded: "u8.ToArray(),
        "x-envoy-ratelimited: "u8.ToArray(),
        "x-envoy-degraded: "u8.ToArray(),
        "x-envoy-retry-on: "u8.ToArray(),
        "x-envoy-retry-grpc-on: "u8.ToArray(),
        "x-envoy-max-retries: "u8.ToArray(),
        "x-envoy-is-timeout-retry: "u8.ToArray(),
        "x-envoy-immediate-health-check-fail: "u8.ToArray(),
        "x-envoy-decorator-operation: "u8.ToArray(),
        "x-envoy-force-trace: "u8.ToArray(),
        "grpc-status: "u8.ToArray(),
        "grpc-message: "u8.ToArray(),
        "grpc-timeout: "u8.ToArray(),
        "grpc-encoding: "u8.ToArray(),
        "grpc-accept-encoding: "u8.ToArray(),
    ];

    // Slot of the hash -> id. The hash has no collision over the names above (a test proves it), so one comparison decides.
    private static readonly byte[] Slots = BuildSlots();

    /// <summary>The lower-case name of <paramref name="id"/>; empty for <see cref="HeaderId.Other"/>.</summary>
    public static ReadOnlySpan<byte> Get(HeaderId id)
    {
        var line = Lines[(int)id];
        return line.AsSpan(0, line.Length - 2);
    }

    /// <summary>The id of <paramref name="name"/>, which must be lower case; <see cref="HeaderId.Other"/> when it has none.</summary>
    public static HeaderId Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return HeaderId.Other;
        var id = Slots[Hash(name)];
        return name.SequenceEqual(Get((HeaderId)id)) ? (HeaderId)id : HeaderId.Other;
    }

    /// <summary>The name with a colon and a space behind it, as HTTP/1 writes it.</summary>
    internal static ReadOnlySpan<byte> GetWithColon(HeaderId id) => Lines[(int)id];

    // The multipliers were found by search: length, first, last, middle and three-quarter byte tell all known names apart in 8 bits.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        var length = (uint)name.Length;
        var mix = (length * 1503) + (name[0] * 701u) + (name[^1] * 3549u) + (name[(int)(length >> 1)] * 3925u)
            + (name[(int)((length * 3) >> 2)] * 3617u);
        return (int)((mix * 0x9E3779B1u) >> 24);
    }

    private static byte[] BuildSlots()
    {
        var slots = new byte[256];
        for (var id = 1; id < Lines.Length; id++)
            slots[Hash(Get((HeaderId)id))] = (byte)id;
        return slots;
    }
}

using System.Net;
using Envoy.Buffers;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Net;

namespace Envoy.ConnectionManager.Streams;

/// <summary>
/// Where a request comes from, as far as <c>x-forwarded-for</c> is trusted, and what is written into it. One a connection manager and worker: it remembers the
/// addresses it has read, so that a client that comes again costs no object. Worker-owned.
/// </summary>
internal sealed class ClientAddress
{
    // An entry a hash; a collision only means that an address is parsed again.
    private const int Remembered = 256;

    private static readonly HeaderName ForwardedFor = new("x-forwarded-for");

    private readonly byte[]?[] _texts = new byte[]?[Remembered];
    private readonly IPEndPoint?[] _addresses = new IPEndPoint?[Remembered];
    private readonly ByteSink _value = new();

    /// <summary>Whether the client last asked about is inside.</summary>
    public bool IsInternal { get; private set; }

    /// <summary>The status that the request last asked about is to be refused with; 0: none.</summary>
    public int RejectWith { get; private set; }

    /// <summary>Appends the peer's address where that is asked for; returns the address that counts as the client's.</summary>
    public EndPoint? Apply(HeaderMap headers, HttpConnectionManagerSnapshot snapshot, Connection? connection)
    {
        var options = snapshot.Options;
        var remote = connection?.RemoteAddress;
        var forwarded = headers.Contains(HeaderId.XForwardedFor);
        EndPoint? client;
        bool trusted;
        RejectWith = 0;
        if (options.UseRemoteAddress)
        {
            trusted = !forwarded;
            client = forwarded && options.XffNumTrustedHops > 0 ? FromRight(headers, options.XffNumTrustedHops - 1, out _) ?? remote : remote;
            if (!options.SkipXffAppend)
                Append(headers, connection);
        }
        else if (options.OriginalIpDetection.Count > 0)
        {
            client = Detect(headers, snapshot, connection, out trusted) ?? remote;
        }
        else
        {
            trusted = false;
            client = (forwarded ? FromRight(headers, options.XffNumTrustedHops, out trusted) : null) ?? remote;
        }

        IsInternal = trusted && snapshot.IsInternal(client);
        if (!options.UseRemoteAddress)
            return client;
        if (!IsInternal && client is IPEndPoint external)
            SetAddress(headers, HeaderId.XEnvoyExternalAddress, external.Address);
        else
            headers.Remove(HeaderId.XEnvoyExternalAddress);
        return client;
    }

    private IPEndPoint? Detect(HeaderMap headers, HttpConnectionManagerSnapshot snapshot, Connection? connection, out bool trusted)
    {
        trusted = false;
        var detections = snapshot.Options.OriginalIpDetection;
        for (var i = 0; i < detections.Count; i++)
        {
            IPEndPoint? found = null;
            switch (detections[i])
            {
                case XffDetectionConfig xff:
                    found = xff.TrustedCidrs.Count > 0 ? FromRight(headers, snapshot.TrustedProxies[i]!, connection) : FromRight(headers, xff.TrustedHops, out trusted);
                    if (found is not null && !xff.SkipXffAppend)
                        Append(headers, connection);
                    break;
                case CustomHeaderDetectionConfig custom:
                    found = snapshot.DetectionHeaders[i].TryGet(headers, out var text) ? Parse(AsciiBytes.TrimOws(text)) : null;
                    trusted = found is not null && custom.AllowExtensionToSetAddressAsTrusted;
                    if (found is null && custom.RejectWithStatus is { } status)
                    {
                        RejectWith = status >= 400 ? status : 403;
                        return null;
                    }

                    break;
            }

            if (found is not null)
                return found;
        }

        return null;
    }

    private void Append(HeaderMap headers, Connection? connection)
    {
        if (connection?.RemoteAddress is not IPEndPoint peer)
            return;

        // A neighbour on this machine is named by the address it reached us at, as in Envoy: its own would say nothing to anybody else.
        var address = IPAddress.IsLoopback(peer.Address) && connection.LocalAddress is IPEndPoint local ? local.Address : peer.Address;
        _value.Clear();
        ForwardedFor.JoinTo(headers, _value);
        if (_value.Length > 0)
            _value.Append((byte)',');
        if (address.TryFormat(_value.GetSpan(64), out var written))
            _value.Advance(written);
        headers.SetUnchecked(HeaderId.XForwardedFor, _value.Written);
    }

    private static void SetAddress(HeaderMap headers, HeaderId id, IPAddress address)
    {
        Span<byte> text = stackalloc byte[64];
        if (address.TryFormat(text, out var written))
            headers.SetUnchecked(id, text[..written]);
    }

    /// <summary>The first address from the right that is in none of the networks; null if whoever is connected is in none.</summary>
    private IPEndPoint? FromRight(HeaderMap headers, AddressRanges trusted, Connection? connection)
    {
        if (connection?.RemoteAddress is not IPEndPoint peer || !trusted.Contains(peer.Address))
            return null;
        _value.Clear();
        ForwardedFor.JoinTo(headers, _value);
        ReadOnlySpan<byte> list = _value.Written;
        while (!list.IsEmpty)
        {
            var comma = list.LastIndexOf((byte)',');
            if (Parse(AsciiBytes.TrimOws(list[(comma + 1)..])) is not { } address)
                return null;
            if (comma < 0 || !trusted.Contains(address.Address))
                return address;
            list = list[..comma];
        }

        return null;
    }

    /// <summary>The address with <paramref name="skip"/> others to its right; null if there are not so many, or it is none.</summary>
    /// <param name="headers">The request.</param>
    /// <param name="skip">How many.</param>
    /// <param name="alone">It is the only one.</param>
    private IPEndPoint? FromRight(HeaderMap headers, uint skip, out bool alone)
    {
        alone = skip == 0;
        _value.Clear();
        ForwardedFor.JoinTo(headers, _value);
        ReadOnlySpan<byte> list = _value.Written;
        while (true)
        {
            var comma = list.LastIndexOf((byte)',');
            alone &= comma < 0;
            if (skip == 0)
                return Parse(AsciiBytes.TrimOws(list[(comma + 1)..]));
            if (comma < 0)
                return null;
            list = list[..comma];
            skip--;
        }
    }

    private IPEndPoint? Parse(ReadOnlySpan<byte> text)
    {
        // No address is longer; and what is remembered stays small.
        if (text.IsEmpty || text.Length > 64)
            return null;
        var hash = new HashCode();
        hash.AddBytes(text);
        var slot = (int)((uint)hash.ToHashCode() % Remembered);
        if (_texts[slot] is { } known && text.SequenceEqual(known))
            return _addresses[slot];
        _texts[slot] = text.ToArray();
        return _addresses[slot] = IPAddress.TryParse(text, out var address) && IsPlain(text, address) ? new IPEndPoint(address, 0) : null;
    }

    // .NET would also take "1", octal numbers and brackets; Envoy takes what inet_pton does.
    private static bool IsPlain(ReadOnlySpan<byte> text, IPAddress address)
    {
        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            return text[0] != (byte)'[';
        Span<byte> canonical = stackalloc byte[64];
        return address.TryFormat(canonical, out var written) && text.SequenceEqual(canonical[..written]);
    }
}

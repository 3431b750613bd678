using System.Buffers.Binary;
using System.Text;
using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.Net;
using Envoy.Stats;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>Takes the PROXY header away and believes it. Worker-owned.</summary>
internal sealed class ProxyProtocolFilter(ProxyProtocolFilter.Factory shared) : IListenerFilter
{
    // A header with what extensions are usual; one that says that it is longer is waited for.
    private const int FirstBytes = 16 + 216;

    private ListenerFilterCallbacks _callbacks = null!;

    /// <inheritdoc/>
    public int MostBytes { get; private set; } = FirstBytes;

    public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        return ListenerFilterStatus.Wait;
    }

    public ListenerFilterStatus OnData(ReadOnlySpan<byte> received)
    {
        var status = ProxyHeaderReader.Read(received, out var header);
        if (header.Version is { } version && shared.IsDisallowed(version))
        {
            // Where clients without a header are served, one of the other version is no header.
            if (shared.Options.AllowRequestsWithoutProxyProtocol)
                return NotFound();
            shared.Stats.Found(version).Inc();
            shared.Stats.Disallowed(version).Inc();
            return ListenerFilterStatus.Close;
        }

        switch (status)
        {
            case ProxyHeaderStatus.NeedMore:
                MostBytes = Math.Max(MostBytes, header.Length);
                return ListenerFilterStatus.Wait;
            case ProxyHeaderStatus.NotFound:
                return NotFound();
            case ProxyHeaderStatus.Found when header.Source is null || TakeTlvs(received[header.TlvStart..header.Length]):
                shared.Stats.Found(header.Version!.Value).Inc();
                Believe(header);
                _callbacks.Drain(header.Length);
                return ListenerFilterStatus.Continue;
            default:
                shared.Stats.Error(header.Version!.Value).Inc();
                shared.Stats.DownstreamCxProxyProtoError.Inc();
                return ListenerFilterStatus.Close;
        }
    }

    private ListenerFilterStatus NotFound()
    {
        if (shared.Options.AllowRequestsWithoutProxyProtocol)
        {
            shared.Stats.NotFoundAllowed.Inc();
            return ListenerFilterStatus.Continue;
        }

        shared.Stats.NotFoundDisallowed.Inc();
        shared.Stats.DownstreamCxProxyProtoError.Inc();
        return ListenerFilterStatus.Close;
    }

    private void Believe(ProxyHeader header)
    {
        _callbacks.NoteProxyHeader();
        if (header.Source is null)
            return;
        if (!header.Destination!.Equals(_callbacks.Connection.LocalAddress))
            _callbacks.RestoreLocalAddress(header.Destination);
        _callbacks.SetRemoteAddress(header.Source);
    }

    /// <summary>Reads the extensions (section 2.2): type, length in two bytes, value. False where one does not fit.</summary>
    private bool TakeTlvs(ReadOnlySpan<byte> bytes)
    {
        List<ProxyProtocolTlv>? kept = null;
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 3)
                return false;
            var type = bytes[0];
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
            if (bytes.Length < 3 + length)
                return false;
            var value = bytes.Slice(3, length);
            if (shared.RuleFor(type) is { } rule)
                _callbacks.SetMetadata(rule.MetadataNamespace, rule.Key, Factory.Utf8.GetString(value));
            if (shared.Options.PassThrough is { } pass && pass.Includes(type))
                (kept ??= []).Add(new ProxyProtocolTlv(type, ValueList.Create(value)));
            bytes = bytes[(3 + length)..];
        }

        if (kept is not null)
            _callbacks.SetProxyProtocolTlvs(ValueList.From(kept));
        return true;
    }

    /// <summary>The options with the store that statistics go to. Immutable.</summary>
    internal sealed class Snapshot(ProxyProtocolOptions options, StatsStore store) : IListenerFilterSnapshot
    {
        public IListenerFilterFactory CreateFactory(FilterWorkerContext context) =>
            new Factory(options, new ProxyProtocolStats(store.Root, options.StatPrefix, context.Worker.Index));
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory(ProxyProtocolOptions options, ProxyProtocolStats stats) : IListenerFilterFactory
    {
        // What is no UTF-8 becomes exclamation marks, as in Envoy.
        public static readonly Encoding Utf8 = Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("!"));

        public ProxyProtocolOptions Options => options;

        public ProxyProtocolStats Stats => stats;

        public IListenerFilter Create() => new ProxyProtocolFilter(this);

        public bool IsDisallowed(ProxyProtocolVersion version) => options.DisallowedVersions.Contains(version);

        public ProxyProtocolRule? RuleFor(byte type)
        {
            for (var i = options.Rules.Count - 1; i >= 0; i--)
            {
                if (options.Rules[i].TlvType == type)
                    return options.Rules[i];
            }

            return null;
        }
    }
}

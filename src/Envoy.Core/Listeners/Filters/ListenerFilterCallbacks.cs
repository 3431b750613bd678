using System.Net;
using Envoy.Extensions;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Listeners.Filters;

/// <summary>What a listener filter can do with its connection: what it finds out goes here, and stays with the connection. Worker-owned.</summary>
public sealed class ListenerFilterCallbacks
{
    private readonly PendingConnection _pending;

    internal ListenerFilterCallbacks(PendingConnection pending) => _pending = pending;

    /// <summary>The worker that all of this runs on.</summary>
    public Worker Worker => _pending.Connection.Worker;

    /// <summary>The connection, to ask; nobody may write to it or close it yet.</summary>
    public Connection Connection => _pending.Connection;

    /// <summary>After <see cref="ListenerFilterStatus.Wait"/>: on to the next filter. From within a hook its return value decides, and this does nothing.</summary>
    public void Continue() => _pending.Continue();

    /// <summary>After <see cref="ListenerFilterStatus.Wait"/>: closes the connection.</summary>
    public void Close() => _pending.Close();

    /// <summary>Takes the first bytes away from those after this filter; for what is not the client's own, such as a PROXY header.</summary>
    /// <param name="count">At most what was received.</param>
    public void Drain(int count) => _pending.Connection.Input.Drain(count);

    /// <summary>The client has this address, whoever is connected. <see cref="Connection.DirectRemoteAddress"/> stays.</summary>
    public void SetRemoteAddress(EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _pending.Connection.FindDetails().RemoteAddress = address;
    }

    /// <summary>The client wanted to go there, wherever it arrived. <see cref="Connection.DirectLocalAddress"/> stays.</summary>
    public void RestoreLocalAddress(EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _pending.Connection.FindDetails().LocalAddress = address;
    }

    /// <summary>The client asks for this server; filter chains are chosen by it, in lower case.</summary>
    public void SetServerName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _pending.Connection.FindDetails().ServerName = name.ToLowerInvariant();
    }

    /// <summary>The client offers these protocols, its favourite first.</summary>
    public void SetApplicationProtocols(ValueList<string> protocols) => _pending.Connection.FindDetails().ApplicationProtocols = protocols;

    /// <summary>The transport protocol: <c>tls</c>, for instance. Where no filter sets one it is <c>raw_buffer</c>.</summary>
    public void SetTransportProtocol(string protocol)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        _pending.Connection.FindDetails().TransportProtocol = protocol;
    }

    /// <summary>The fingerprints of the client's TLS; null: that one is not wanted.</summary>
    public void SetFingerprints(string? ja3, string? ja4)
    {
        var details = _pending.Connection.FindDetails();
        details.Ja3Fingerprint = ja3;
        details.Ja4Fingerprint = ja4;
    }

    /// <summary>Notes a value for those after (Envoy's dynamic metadata), in place of one of the same name.</summary>
    public void SetMetadata(string nameSpace, string key, string value)
    {
        ArgumentNullException.ThrowIfNull(nameSpace);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        (_pending.Connection.FindDetails().Metadata ??= [])[(nameSpace, key)] = value;
    }

    /// <summary>Why the connection's transport could not be understood, for access logs.</summary>
    internal void SetTransportFailure(string reason) => _pending.Connection.FindDetails().TransportFailureReason = reason;

    /// <summary>Upstream connections for this one are to come from there.</summary>
    internal void SetUpstreamSource(SourceBinding source) => _pending.Connection.FindDetails().UpstreamSource = source;

    /// <summary>There is a PROXY header.</summary>
    internal void NoteProxyHeader() => _pending.Connection.FindDetails().HasProxyHeader = true;

    /// <summary>What of a PROXY header is to be passed on.</summary>
    internal void SetProxyProtocolTlvs(ValueList<ProxyProtocolTlv> tlvs) => _pending.Connection.FindDetails().ProxyProtocolTlvs = tlvs;
}

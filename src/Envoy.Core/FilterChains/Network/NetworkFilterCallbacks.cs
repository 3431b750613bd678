using Envoy.Buffers;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.FilterChains.Network;

/// <summary>What one filter can do with its connection. Worker-owned.</summary>
public sealed class NetworkFilterCallbacks
{
    private readonly NetworkFilterChain _chain;
    private readonly int _index;

    internal NetworkFilterCallbacks(NetworkFilterChain chain, int index)
    {
        _chain = chain;
        _index = index;
    }

    /// <summary>The downstream connection. Write through <see cref="Write"/> so that write filters see it.</summary>
    public Connection Connection => _chain.Connection;

    /// <summary>The worker that all of this runs on.</summary>
    public Worker Worker => _chain.Connection.Worker;

    internal NetworkFilterChain Chain => _chain;

    /// <summary>
    /// The cluster that a filter has chosen for this connection, which <c>tcp_proxy</c> takes instead of its own (Envoy's filter state
    /// <c>envoy.tcp_proxy.cluster</c>); null (default): none has.
    /// </summary>
    public string? ChosenCluster
    {
        get => _chain.ChosenCluster;
        set => _chain.ChosenCluster = value;
    }

    /// <summary>Why a filter ends this connection, for access logs (<c>%CONNECTION_TERMINATION_DETAILS%</c>); null (default): none has said.</summary>
    public string? TerminationDetails
    {
        get => _chain.TerminationDetails;
        set => _chain.TerminationDetails = value;
    }

    /// <summary>After a <see cref="NetworkFilterStatus.Stop"/> of a read hook: go on with the filters after this one.</summary>
    public void ContinueReading() => _chain.ContinueReading(_index);

    /// <summary>Gives the filters after this one bytes that did not come from the connection, or that this filter took.</summary>
    public void InjectReadData(ByteQueue data, bool endOfStream) => _chain.InjectRead(_index, data, endOfStream);

    /// <summary>Sends bytes through the write filters before this one (in the chain's order), as a write filter does that held them.</summary>
    public void InjectWriteData(ByteQueue data, bool endOfStream) => _chain.InjectWrite(_index, data, endOfStream);

    /// <summary>Sends bytes to the peer through all write filters; <paramref name="data"/> is emptied.</summary>
    public void Write(ByteQueue data, bool endOfStream) => _chain.Write(data, endOfStream);
}

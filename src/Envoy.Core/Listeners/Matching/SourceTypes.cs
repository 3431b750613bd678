namespace Envoy.Listeners.Matching;

/// <summary>Branches by where the connection comes from: here or elsewhere, then anywhere. Filled first, immutable afterwards.</summary>
internal sealed class SourceTypes
{
    private readonly PrefixTable<SourcePorts>?[] _types = new PrefixTable<SourcePorts>?[3];

    public PrefixTable<SourcePorts> Of(ConnectionSourceType type) => _types[(int)type] ??= new PrefixTable<SourcePorts>();

    public PrefixTable<SourcePorts>? Find(bool isLocal) =>
        _types[(int)(isLocal ? ConnectionSourceType.SameIpOrLoopback : ConnectionSourceType.External)] ?? _types[(int)ConnectionSourceType.Any];
}

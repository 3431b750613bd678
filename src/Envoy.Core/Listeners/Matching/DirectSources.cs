using System.Net;

namespace Envoy.Listeners.Matching;

/// <summary>Branches by the address of whoever is connected. Filled first, immutable afterwards.</summary>
internal sealed class DirectSources
{
    public PrefixTable<SourceTypes> Addresses { get; } = new();

    public SourceTypes? Find(IPAddress address) => Addresses.Find(address);
}

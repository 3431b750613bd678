using System.Diagnostics.CodeAnalysis;

namespace Envoy.FilterChains;

/// <summary>The clusters as filters may see them: by name, through what is declared here. Worker-owned.</summary>
internal interface IUpstreams
{
    /// <summary>The cluster of this name at this moment; do not keep it over turns.</summary>
    bool TryGetCluster(string name, [NotNullWhen(true)] out IUpstreamCluster? cluster);
}

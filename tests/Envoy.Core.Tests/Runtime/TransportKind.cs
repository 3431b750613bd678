namespace Envoy.Tests.Runtime;

/// <summary>Every way to move bytes that has to keep the same contract.</summary>
public enum TransportKind
{
    EpollTcp,
    EpollUnix,
    EpollMemory,
    PortableTcp,
    PortableUnix,
    PortableMemory,
}

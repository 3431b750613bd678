using Envoy.Runtime.Memory;

namespace Envoy.Runtime.Portable;

/// <summary>The engine over <see cref="System.Net.Sockets"/>, for every platform. Thread-safe.</summary>
internal sealed class PortableEngine(MemoryNetwork? memory = null) : Engine(memory)
{
    public override string Name => "portable";

    public override Poller CreatePoller(Worker worker) => new PortablePoller(worker, Memory);

    /// <summary>One socket whatever the number of workers: not every platform spreads connections over sockets that share a port.</summary>
    protected override IReadOnlyList<ListenSocket> BindSockets(ListenOptions options) => [new PortableListenSocket(SocketBinding.Bind(options))];
}

using System.Net;
using Envoy.Runtime;
using Envoy.Runtime.Memory;

namespace Envoy.Core.Tests.Clusters;

/// <summary>An engine without I/O: its workers only run timers and posted work, stepped by the test or on their own threads.</summary>
internal sealed class QuietEngine() : Engine(memory: null)
{
    public override string Name => "quiet";

    public override Poller CreatePoller(Worker worker) => new QuietPoller(worker, Memory);

    protected override IReadOnlyList<ListenSocket> BindSockets(ListenOptions options) => throw new NotSupportedException();

    private sealed class QuietPoller(Worker worker, MemoryNetwork memory) : Poller(worker, memory)
    {
        private readonly AutoResetEvent _wake = new(false);

        public override void Poll(int timeoutMilliseconds)
        {
            if (timeoutMilliseconds != 0)
                _wake.WaitOne(timeoutMilliseconds);
            Worker.UpdateNow();
        }

        public override void Wake() => _wake.Set();

        protected override Transport ConnectSocket(EndPoint remote, ConnectOptions options, ITransportHandler handler) => throw new NotSupportedException();

        protected override IDisposable AcceptSockets(ListenSocket socket, IAcceptHandler handler) => throw new NotSupportedException();

        public override void Dispose()
        {
            // The event stays: a late wake-up of a worker that is stopping finds it still there.
        }
    }
}

using System.Collections.Concurrent;
using Envoy.Runtime;
using Envoy.Runtime.Timers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Tests.Runtime;

[TestFixture(EngineKind.Epoll)]
[TestFixture(EngineKind.Portable)]
internal sealed class WorkerTests(EngineKind kind)
{
    private static readonly TimeSpan Patience = TestBed.Patience;

    [Test]
    public async Task Post_FromManyThreads_KeepsEachThreadsOrder()
    {
        var worker = Started();
        const int Threads = 4;
        const int Each = 5000;
        var seen = Enumerable.Range(0, Threads).Select(_ => new List<int>()).ToArray();
        var posting = Enumerable.Range(0, Threads).Select(t => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var n = i;
                    worker.Post(() => seen[t].Add(n));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        await Task.WhenAll(posting).WaitAsync(Patience);
        await TestBed.OnWorker(worker, () => { });

        foreach (var list in seen)
            Assert.That(list, Is.EqualTo(Enumerable.Range(0, Each)));
        await StopAsync(worker);
    }

    [Test]
    public async Task Post_OneAtATimeToASleepingLoop_WakesItEachTime()
    {
        var worker = Started();
        for (var i = 0; i < 2000; i++)
            await TestBed.OnWorker(worker, () => { });
        await StopAsync(worker);
    }

    [Test]
    public async Task Post_WhileLoopIsAwake_WakesNobody()
    {
        var engine = new WakeCountingEngine();
        var worker = new Worker(0, "counted", Options(engine));
        // Stepped by hand, so that it is known when it sleeps: never, with no time to wait.
        worker.Post(() => { });
        worker.RunTurn(0);
        worker.Post(() => worker.Post(() => { }));
        worker.RunTurn(0);
        worker.RunTurn(0);
        Assert.That(engine.Wakes, Is.Zero);
        // In a poll with time to wait, the first of several posts wakes.
        engine.DuringPoll = () =>
        {
            worker.Post(() => { });
            worker.Post(() => { });
            worker.Post(() => { });
        };
        worker.RunTurn(-1);
        Assert.That(engine.Wakes, Is.EqualTo(1));
        worker.Stop();
        await worker.Stopped.WaitAsync(Patience);
    }

    [Test]
    public async Task Post_BeforeTheLoopRuns_IsDoneBeforeItsFirstEvent()
    {
        var engine = new WakeCountingEngine();
        var worker = new Worker(0, "early", Options(engine));
        var done = 0;
        var seen = -1;
        engine.DuringPoll = () => seen = seen < 0 ? done : seen;

        // More than one turn takes.
        for (var i = 0; i < 3000; i++)
            worker.Post(() => done++);
        worker.Start();
        await TestBed.OnWorker(worker, () => { });
        await StopAsync(worker);
        Assert.That(seen, Is.EqualTo(3000));
    }

    [Test]
    public async Task Await_OnWorker_ComesBackToIt()
    {
        var worker = Started();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task<bool> AwaitAsync()
        {
            await gate.Task;
            var first = worker.IsCurrent;
            await Task.Yield();
            return first && worker.IsCurrent;
        }

        var outcome = await TestBed.OnWorker(worker, _ => AwaitAsync());
        gate.SetResult();
        Assert.That(await outcome.WaitAsync(Patience), Is.True);
        await StopAsync(worker);
    }

    [Test]
    public async Task Await_WorkerStopsMeanwhile_ContinuationRunsElsewhere()
    {
        var worker = Started();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task<bool> AwaitAsync()
        {
            await gate.Task;
            return Thread.CurrentThread.Name == "worker";
        }

        var outcome = await TestBed.OnWorker(worker, _ => AwaitAsync());
        await StopAsync(worker);
        gate.SetResult();
        Assert.That(await outcome.WaitAsync(Patience), Is.False);
    }

    [Test]
    public async Task Stop_WithWorkQueued_DropsPostsAndFaultsInvocations()
    {
        var worker = Started();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        worker.Post(() =>
        {
            reached.SetResult();
            release.Wait();
        });
        await reached.Task.WaitAsync(Patience);
        var ran = false;
        var dropped = new DroppedState();
        // More than one turn takes, so that some of it has been taken from the queue when the loop ends.
        for (var i = 0; i < 3000; i++)
            worker.Post(() => { });
        worker.Post(() => ran = true);
        var invocation = worker.InvokeAsync(() => 1);
        worker.Post(static _ => { }, dropped);
        async Task<bool> AwaitAsync()
        {
            await Task.Yield();
            return true;
        }

        var previous = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new WorkerSynchronizationContext(worker));
        var continuation = AwaitAsync();
        SynchronizationContext.SetSynchronizationContext(previous);
        worker.Stop();
        release.Set();
        await worker.Stopped.WaitAsync(Patience);

        Assert.That(ran, Is.False);
        Assert.That(dropped.Count, Is.EqualTo(1));
        Assert.That(async () => await invocation.WaitAsync(Patience), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(await continuation.WaitAsync(Patience), Is.True);
        Assert.That(async () => await worker.InvokeAsync(() => 1).WaitAsync(Patience), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(worker.TryPost(static _ => { }, null), Is.False);
    }

    [Test]
    public async Task Stop_ThreadEnds()
    {
        var worker = Started();
        var thread = await TestBed.OnWorker(worker, _ => Thread.CurrentThread);
        await StopAsync(worker);
        Assert.That(thread.Join(Patience), Is.True);
    }

    [Test]
    public async Task Stop_NeverStarted_Completes()
    {
        var worker = new Worker(0, "worker", Options(Engines.Select(kind)));
        worker.Stop();
        await worker.Stopped.WaitAsync(Patience);
    }

    [Test]
    public async Task Post_ThatThrows_LoopGoesOn()
    {
        var worker = Started();
        worker.Post(() => throw new InvalidOperationException("expected"));
        Assert.That(await TestBed.OnWorker(worker, _ => 5), Is.EqualTo(5));
        await StopAsync(worker);
    }

    [Test]
    public async Task TurnEnd_ThatThrows_FaultsStopped()
    {
        var worker = Started();
        worker.Post(() => worker.AtTurnEnd(new ThrowingTurnEnd()));
        Assert.That(async () => await worker.Stopped.WaitAsync(Patience), Throws.InstanceOf<InvalidOperationException>());
    }

    [Test]
    public async Task Timers_ManualTime_FireInTheirMillisecond()
    {
        var time = new ManualTime();
        var worker = Started(time);
        var fired = new ConcurrentQueue<(int Id, long At)>();
        int[] delays = [1, 2, 255, 256, 257, 1000, 65_536, 100_000, 86_400_000];
        await TestBed.OnWorker(worker, () =>
        {
            foreach (var delay in delays)
                worker.Arm(new TimerNode(new Recorder(timer => fired.Enqueue((delay, worker.Now)))), delay);
        });
        var at = 0L;
        foreach (var delay in delays)
        {
            // One millisecond too early, nothing; then exactly it.
            time.Advance(TimeSpan.FromMilliseconds(delay - at - 1));
            await TestBed.OnWorker(worker, () => { });
            await TestBed.OnWorker(worker, () => { });
            Assert.That(fired.Any(f => f.Id == delay), Is.False);
            time.Advance(TimeSpan.FromMilliseconds(1));
            await TestBed.OnWorker(worker, () => { });
            await TestBed.OnWorker(worker, () => { });
            at = delay;
            Assert.That(fired.Last(), Is.EqualTo((delay, (long)delay)));
        }

        await StopAsync(worker);
        Assert.That(time.ArmedTimers, Is.Zero, "the wake-up timer is left");
    }

    [Test]
    public async Task Timers_SleepingLoopAndManualTime_AreWokenByTheClock()
    {
        var time = new ManualTime();
        var worker = Started(time);
        var fired = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await TestBed.OnWorker(worker, () => worker.Arm(new TimerNode(new Recorder(_ => fired.TrySetResult(worker.Now))), 3_600_000));
        // No post follows: whether the loop sleeps by now or is about to, the clock alone must bring it here.
        time.Advance(TimeSpan.FromHours(1));
        Assert.That(await fired.Task.WaitAsync(Patience), Is.EqualTo(3_600_000));
        await StopAsync(worker);
    }

    [Test]
    public async Task Timers_SystemTime_Fire()
    {
        var worker = Started();
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await TestBed.OnWorker(worker, () => worker.Arm(new TimerNode(new Recorder(_ => fired.TrySetResult())), TimeSpan.FromMilliseconds(5)));
        await fired.Task.WaitAsync(Patience);
        await StopAsync(worker);
    }

    [Test]
    public void Random_SameSeed_SamePerWorkerAndDifferentBetweenThem()
    {
        int[] Draw(int index)
        {
            var worker = new Worker(index, "worker", Options(Engines.Select(kind)) with { Seed = 42 });
            var drawn = Enumerable.Range(0, 8).Select(_ => worker.Random.Next()).ToArray();
            worker.Stop();
            return drawn;
        }

        var first = Draw(0);
        Assert.That(Draw(0), Is.EqualTo(first));
        Assert.That(Draw(1), Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Local_AskedTwice_IsOneInstance()
    {
        var worker = Started();
        var (first, second) = await TestBed.OnWorker(worker, w => (w.Local(_ => new List<int>()), w.Local(_ => new List<int>())));
        Assert.That(first, Is.SameAs(second));
        await StopAsync(worker);
    }

#if DEBUG
    [Test]
    public async Task AssertOwned_OnAnotherThread_Throws()
    {
        var worker = Started();
        await TestBed.OnWorker(worker, () => { });
        Assert.That(() => worker.AssertOwned(), Throws.InstanceOf<InvalidOperationException>());
        Assert.That(() => worker.Arm(new TimerNode(new Recorder(_ => { })), 1), Throws.InstanceOf<InvalidOperationException>());
        Assert.That(() => new Envoy.Buffers.ByteQueue(worker), Throws.InstanceOf<InvalidOperationException>());
        await StopAsync(worker);
    }
#endif

    private static WorkerOptions Options(Engine engine, TimeProvider? time = null) =>
        new() { Engine = engine, TimeProvider = time ?? TimeProvider.System, Logger = NullLogger.Instance };

    private static async Task StopAsync(Worker worker)
    {
        worker.Stop();
        await worker.Stopped.WaitAsync(Patience);
    }

    private Worker Started(TimeProvider? time = null)
    {
        Assume.That(kind != EngineKind.Epoll || OperatingSystem.IsLinux(), "epoll needs Linux");
        var worker = new Worker(0, "worker", Options(Engines.Select(kind), time));
        worker.Start();
        return worker;
    }

    private sealed class Recorder(Action<TimerNode> act) : ITimerHandler
    {
        public void OnTimer(TimerNode timer) => act(timer);
    }

    private sealed class DroppedState : IDroppable
    {
        public int Count { get; private set; }

        public void OnDropped() => Count++;
    }

    private sealed class ThrowingTurnEnd : ITurnEnd
    {
        public ITurnEnd? NextAtTurnEnd { get; set; }

        public void OnTurnEnd() => throw new InvalidOperationException("expected");
    }

    private sealed class WakeCountingEngine() : Engine(null)
    {
        public int Wakes { get; private set; }

        public Action? DuringPoll { get; set; }

        public override string Name => "counting";

        public override Poller CreatePoller(Worker worker) => new CountingPoller(worker, this);

        protected override IReadOnlyList<ListenSocket> BindSockets(ListenOptions options) => throw new NotSupportedException();

        private sealed class CountingPoller(Worker worker, WakeCountingEngine owner) : Poller(worker, owner.Memory)
        {
            public override void Poll(int timeoutMilliseconds)
            {
                owner.DuringPoll?.Invoke();
                Worker.UpdateNow();
            }

            public override void Wake() => owner.Wakes++;

            public override void Dispose()
            {
            }

            protected override Transport ConnectSocket(System.Net.EndPoint remote, ConnectOptions options, ITransportHandler handler) =>
                throw new NotSupportedException();

            protected override IDisposable AcceptSockets(ListenSocket socket, IAcceptHandler handler) => throw new NotSupportedException();
        }
    }
}

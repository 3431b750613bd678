using BenchmarkDotNet.Attributes;
using Envoy.Buffers;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Benchmarks;

/// <summary>The loop's own parts: timers, messages between threads, buffers.</summary>
[MemoryDiagnoser]
public class RuntimeBenchmarks : IDisposable
{
    private const int Timers = 10_000;
    private const long FarAway = 1L << 40;

    private readonly Nothing _nothing = new();
    private readonly ManualResetEventSlim _done = new();
    private TimerWheel _wheel = null!;
    private TimerNode _timer = null!;
    private Worker _running = null!;
    private ByteQueue _from = null!;
    private ByteQueue _to = null!;
    private byte[] _bytes = null!;
    private long _now;

    [GlobalSetup]
    public void SetUp()
    {
        _wheel = new TimerWheel(0);
        for (var i = 0; i < Timers; i++)
            _wheel.Arm(new TimerNode(_nothing), FarAway + i);
        _timer = new TimerNode(_nothing);
        _running = Workers.NotStarted();
        _running.Start();
        var still = Workers.NotStarted();
        _from = new ByteQueue(still);
        _to = new ByteQueue(still);
        _bytes = new byte[16 * 1024];
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        _running.Stop();
        await _running.Stopped;
    }

    public void Dispose()
    {
        _done.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A request's timeout, set and taken back, among ten thousand that stay.</summary>
    [Benchmark]
    public void ArmAndDisarm()
    {
        _wheel.Arm(_timer, _now + 15_000);
        _wheel.Disarm(_timer);
    }

    /// <summary>A millisecond of the wheel's time in which one timer falls due.</summary>
    [Benchmark]
    public void Fire()
    {
        _wheel.Arm(_timer, ++_now);
        _wheel.Advance(_now);
    }

    /// <summary>Another thread posts to a loop that sleeps, and hears back.</summary>
    [Benchmark]
    public void PostRoundTrip()
    {
        _done.Reset();
        _running.Post(static done => ((ManualResetEventSlim)done!).Set(), _done);
        _done.Wait();
    }

    /// <summary>16 KiB written once and passed on without a copy.</summary>
    [Benchmark]
    public long MoveBytes()
    {
        _from.Append(_bytes);
        _to.Append(_from);
        var length = _to.Length;
        _to.Clear();
        return length;
    }

    private sealed class Nothing : ITimerHandler
    {
        public void OnTimer(TimerNode timer)
        {
        }
    }
}

using Envoy.Runtime.Timers;

namespace Envoy.Tests.Runtime;

[TestFixture]
internal sealed class TimerWheelTests
{
    [Test]
    public void Wheel_RandomUse_FiresAsASortedListWould([Range(1, 30)] int seed) => new Model(seed).Run();

    [Test]
    public void ArmAndFire_SteadyState_AllocatesNothing()
    {
        var wheel = new TimerWheel(0);
        var timers = Enumerable.Range(0, 1000).Select(_ => new TimerNode(new Nobody())).ToArray();
        var now = 0L;
        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < timers.Length; i++)
                wheel.Arm(timers[i], now + 1 + (i * 977L % 100_000));
            for (var i = 0; i < timers.Length; i += 3)
                wheel.Disarm(timers[i]);
            for (; wheel.Count > 0; now = wheel.NextWakeUp() == long.MaxValue ? now : wheel.NextWakeUp())
                wheel.Advance(now);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Round();
        Assert.That(Round(), Is.Zero);
    }

    [Test]
    public void Arm_TimePassed_FiresAtNextAdvance()
    {
        var wheel = new TimerWheel(1000);
        var timer = new TimerNode(new Nobody());
        wheel.Arm(timer, 5);
        Assert.That(wheel.NextWakeUp(), Is.EqualTo(1001));
        wheel.Advance(1001);
        Assert.That(timer.IsArmed, Is.False);
    }

    private sealed class Nobody : ITimerHandler
    {
        public void OnTimer(TimerNode timer)
        {
        }
    }

    /// <summary>The wheel beside a plain table of what is due when.</summary>
    private sealed class Model : ITimerHandler
    {
        private readonly Random _random;
        private readonly TimerWheel _wheel;
        private readonly TimerNode[] _timers;
        private readonly Dictionary<TimerNode, long> _due = [];
        private long _now;
        private long _target;
        private long _lastFired;

        public Model(int seed)
        {
            _random = new Random(seed);
            // Also begun close to where the levels wrap around.
            _now = seed % 3 == 0 ? (1L << 32) - _random.Next(1, 1000) : _random.NextInt64(1L << 40);
            _wheel = new TimerWheel(_now);
            _timers = [.. Enumerable.Range(0, 200).Select(_ => new TimerNode(this))];
        }

        public void Run()
        {
            for (var step = 0; step < 2000; step++)
            {
                for (var i = _random.Next(0, 6); i > 0; i--)
                    Touch(_now);
                CheckWakeUp();
                _target = _now + Delay();
                _lastFired = _now;
                _wheel.Advance(_target);
                // The model's own answer: nothing that was due is left, and all that is left is still armed.
                Assert.That(_due.Values.All(due => due > _target), Is.True, "a due timer has not fired");
                Assert.That(_wheel.Count, Is.EqualTo(_due.Count));
                _now = _target;
            }

            Assert.That(_timers.Count(t => t.IsArmed), Is.EqualTo(_due.Count));
        }

        public void OnTimer(TimerNode timer)
        {
            if (!_due.Remove(timer, out var due))
                throw new AssertionException("a timer fired that was not armed");
            if (timer.IsArmed || due > _target || due < _lastFired)
                throw new AssertionException($"fired at {_lastFired}..{_target}, due {due}");
            if (_due.Values.Any(other => other < due))
                throw new AssertionException("fired before an earlier one");
            _lastFired = due;
            // Handlers arm themselves, others of the same moment, and disarm them.
            for (var i = _random.Next(0, 3); i > 0 && _random.Next(3) > 0; i--)
                Touch(due);
        }

        private void Touch(long now)
        {
            var timer = _timers[_random.Next(_timers.Length)];
            if (_random.Next(3) == 0)
            {
                _wheel.Disarm(timer);
                _due.Remove(timer);
            }
            else
            {
                var due = now + Delay() - (_random.Next(10) == 0 ? 100 : 0);
                _wheel.Arm(timer, due);
                _due[timer] = Math.Max(due, now + 1);
            }
        }

        private void CheckWakeUp()
        {
            var wakeUp = _wheel.NextWakeUp();
            if (_due.Count == 0)
                Assert.That(wakeUp, Is.EqualTo(long.MaxValue));
            else
                Assert.That(wakeUp, Is.GreaterThan(_now).And.LessThanOrEqualTo(_due.Values.Min()));
        }

        /// <summary>From a millisecond to sixty days, every magnitude as often as any other.</summary>
        private long Delay() => _random.NextInt64(1, 1L << _random.Next(1, 33)) % (60L * 24 * 3600 * 1000) + 1;
    }
}

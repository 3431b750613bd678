using System.Numerics;

namespace Envoy.Runtime.Timers;

/// <summary>
/// A hierarchical timer wheel in milliseconds: arm and disarm are a few pointer writes, whatever the number of timers. Four levels of 256
/// slots; level 0 is exact, a timer of a higher level comes down when the hand reaches its slot, so every timer fires in its own
/// millisecond. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
/// level 0: 256 slots of 1 ms        (the next quarter second)
/// level 1: 256 slots of 256 ms      (about a minute)
/// level 2: 256 slots of 65.5 s      (4.6 hours: idle timeouts)
/// level 3: 256 slots of 4.66 h      (49 days; longer ones wait in its last slot and are put back)
/// </code>
/// </remarks>
internal sealed class TimerWheel
{
    private const int Bits = 8;
    private const int SlotsPerLevel = 1 << Bits;
    private const int Levels = 4;
    private const long Horizon = (1L << (Bits * Levels)) - 1;

    private readonly TimerNode?[] _slots = new TimerNode?[SlotsPerLevel * Levels];
    private readonly ulong[] _occupied = new ulong[SlotsPerLevel * Levels / 64];
    private long _now;

    public TimerWheel(long now) => _now = now;

    /// <summary>Armed timers.</summary>
    public int Count { get; private set; }

    /// <summary>Arms (or arms again) <paramref name="timer"/> for <paramref name="due"/>; a time that has passed fires at the next advance.</summary>
    public void Arm(TimerNode timer, long due)
    {
        if (timer.Slot >= 0)
            Unlink(timer);
        else
            Count++;
        // The current millisecond has been run already: what is due now goes to the next.
        timer.Due = Math.Max(due, _now + 1);
        Link(timer);
    }

    public void Disarm(TimerNode timer)
    {
        if (timer.Slot < 0)
            return;
        Unlink(timer);
        Count--;
    }

    /// <summary>A moment not after the earliest timer's, at which to call <see cref="Advance"/>; <see cref="long.MaxValue"/> if there is none.</summary>
    public long NextWakeUp()
    {
        if (Count == 0)
            return long.MaxValue;
        var best = long.MaxValue;
        for (var level = 0; level < Levels; level++)
        {
            var shift = level * Bits;
            var hand = (int)(_now >> shift) & (SlotsPerLevel - 1);
            var distance = DistanceToOccupied(level, hand);
            if (distance < 0)
                continue;
            var at = ((_now >> shift) + distance) << shift;
            best = Math.Min(best, at);
        }

        return best;
    }

    /// <summary>Moves the hand to <paramref name="now"/> and fires what is due, in order of time.</summary>
    public void Advance(long now)
    {
        while (_now < now)
        {
            var next = NextWakeUp();
            if (next > now)
            {
                // Nothing is due and no slot of a higher level is reached up to now.
                _now = now;
                return;
            }

            _now = next;
            CascadeInto(next);
            FireSlot((int)next & (SlotsPerLevel - 1));
        }
    }

    private void CascadeInto(long now)
    {
        for (var level = Levels - 1; level > 0; level--)
        {
            var shift = level * Bits;
            if ((now & ((1L << shift) - 1)) != 0)
                continue;
            var index = (level * SlotsPerLevel) + ((int)(now >> shift) & (SlotsPerLevel - 1));
            var node = _slots[index];
            _slots[index] = null;
            _occupied[index >> 6] &= ~(1UL << (index & 63));
            while (node is not null)
            {
                var following = node.Next;
                node.Previous = node.Next = null;
                Link(node);
                node = following;
            }
        }
    }

    private void FireSlot(int slot)
    {
        // One by one from the head: a handler may arm, disarm or re-arm any timer, this slot's others included.
        while (_slots[slot] is { } node && node.Due <= _now)
        {
            Unlink(node);
            Count--;
            node.Handler.OnTimer(node);
        }
    }

    private void Link(TimerNode timer)
    {
        var delta = timer.Due - _now;
        var anchor = delta > Horizon ? _now + Horizon : timer.Due;
        var level = 0;
        // The level whose hand has yet to move to reach the timer: the highest byte in which now and due differ.
        var difference = (ulong)(anchor ^ _now);
        if (difference >= SlotsPerLevel)
            level = Math.Min((63 - BitOperations.LeadingZeroCount(difference)) / Bits, Levels - 1);
        var index = (level * SlotsPerLevel) + ((int)(anchor >> (level * Bits)) & (SlotsPerLevel - 1));
        var head = _slots[index];
        timer.Slot = index;
        timer.Previous = null;
        timer.Next = head;
        if (head is not null)
            head.Previous = timer;
        else
            _occupied[index >> 6] |= 1UL << (index & 63);
        _slots[index] = timer;
    }

    private void Unlink(TimerNode timer)
    {
        var index = timer.Slot;
        if (timer.Previous is { } previous)
            previous.Next = timer.Next;
        else
            _slots[index] = timer.Next;
        if (timer.Next is { } next)
            next.Previous = timer.Previous;
        if (_slots[index] is null)
            _occupied[index >> 6] &= ~(1UL << (index & 63));
        timer.Previous = timer.Next = null;
        timer.Slot = -1;
    }

    /// <summary>Slots from the hand (exclusive) to the next occupied one, once around; -1 if there is none.</summary>
    private int DistanceToOccupied(int level, int hand)
    {
        var words = _occupied.AsSpan(level * (SlotsPerLevel / 64), SlotsPerLevel / 64);
        for (var step = 1; step <= SlotsPerLevel;)
        {
            var slot = (hand + step) & (SlotsPerLevel - 1);
            var rest = words[slot >> 6] >> (slot & 63);
            if (rest != 0)
                return step + BitOperations.TrailingZeroCount(rest) is var found && found <= SlotsPerLevel ? found : -1;
            step += 64 - (slot & 63);
        }

        return -1;
    }
}

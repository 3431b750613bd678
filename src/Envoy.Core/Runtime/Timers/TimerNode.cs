namespace Envoy.Runtime.Timers;

/// <summary>Who a timer calls.</summary>
internal interface ITimerHandler
{
    /// <summary><paramref name="timer"/> is due; it is no longer armed.</summary>
    void OnTimer(TimerNode timer);
}

/// <summary>
/// A timer that lives inside its owner and is linked into its worker's wheel while armed, so that arming costs no object.
/// Worker-owned.
/// </summary>
internal sealed class TimerNode
{
    internal TimerNode? Previous;
    internal TimerNode? Next;
    internal long Due;
    internal int Slot = -1;

    public TimerNode(ITimerHandler handler) => Handler = handler;

    public ITimerHandler Handler { get; }

    public bool IsArmed => Slot >= 0;
}

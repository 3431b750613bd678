using System.Runtime.InteropServices;

namespace Envoy.Clusters.Hosts;

/// <summary>One worker's part of a host's statistics; other threads may read. Worker-owned.</summary>
internal sealed class HostStatsPart
{
    private Padded _values;

    public long CxActive
    {
        get => Volatile.Read(ref _values.CxActive);
        set => _values.CxActive = value;
    }

    public long CxConnectFail
    {
        get => Volatile.Read(ref _values.CxConnectFail);
        set => _values.CxConnectFail = value;
    }

    public long CxTotal
    {
        get => Volatile.Read(ref _values.CxTotal);
        set => _values.CxTotal = value;
    }

    public long RqActive
    {
        get => Volatile.Read(ref _values.RqActive);
        set => _values.RqActive = value;
    }

    public long RqError
    {
        get => Volatile.Read(ref _values.RqError);
        set => _values.RqError = value;
    }

    public long RqSuccess
    {
        get => Volatile.Read(ref _values.RqSuccess);
        set => _values.RqSuccess = value;
    }

    public long RqTimeout
    {
        get => Volatile.Read(ref _values.RqTimeout);
        set => _values.RqTimeout = value;
    }

    public long RqTotal
    {
        get => Volatile.Read(ref _values.RqTotal);
        set => _values.RqTotal = value;
    }

    // One cache line of values between two of padding: parts of two workers may lie side by side in the heap.
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Padded
    {
        [FieldOffset(64)]
        public long CxActive;
        [FieldOffset(72)]
        public long CxConnectFail;
        [FieldOffset(80)]
        public long CxTotal;
        [FieldOffset(88)]
        public long RqActive;
        [FieldOffset(96)]
        public long RqError;
        [FieldOffset(104)]
        public long RqSuccess;
        [FieldOffset(112)]
        public long RqTimeout;
        [FieldOffset(120)]
        public long RqTotal;
    }
}

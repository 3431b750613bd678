using System.Runtime.InteropServices;

namespace Envoy.Runtime.Linux;

/// <summary>A descriptor that other threads may use while it is being closed. Thread-safe.</summary>
internal sealed class SafeDescriptor : SafeHandle
{
    public SafeDescriptor(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    public override bool IsInvalid => handle < 0;

    protected override bool ReleaseHandle() => Interop.Close((int)handle) == 0;
}

using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Envoy.Runtime.Linux;

/// <summary>
/// Writes to a descriptor, wherever its writes go: .NET's own stream writes at places that it keeps count of, over what others have written
/// since. For one thread at a time.
/// </summary>
internal sealed unsafe class DescriptorStream : Stream
{
    // rw-r--r--, less what the process's mask takes away.
    private const int Mode = 0b110_100_100;

    // Milliseconds; a reader that has stopped must not keep the process from ending.
    private const int MaxWait = 1000;

    private readonly SafeDescriptor _descriptor;

    private DescriptorStream(SafeDescriptor descriptor) => _descriptor = descriptor;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Opens a file, or makes it, to append to wherever its end is by then.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static DescriptorStream Append(string path)
    {
        int descriptor;
        do
        {
            descriptor = Interop.Open(path, Interop.OpenWriteOnly | Interop.OpenCreate | Interop.OpenAppend | Interop.OpenCloseOnExec, Mode);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interop.Eintr);
        if (descriptor >= 0)
            return new DescriptorStream(new SafeDescriptor(descriptor));
        var error = Marshal.GetLastPInvokeError();
        var message = $"'{path}' cannot be opened: {new Win32Exception(error).Message}";
        throw error is Interop.Eacces or Interop.Eperm ? new UnauthorizedAccessException(message) : new IOException(message);
    }

    /// <summary>Another name for an open descriptor; closing it leaves that one open.</summary>
    /// <exception cref="IOException">It is not open.</exception>
    public static DescriptorStream Duplicate(int descriptor)
    {
        var copy = Interop.DuplicateAbove(descriptor, Interop.DuplicateCloseOnExec, 3);
        return copy >= 0 ? new DescriptorStream(new SafeDescriptor(copy)) : throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written;
            fixed (byte* bytes = buffer)
                written = Interop.Write(_descriptor, bytes, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Interop.Eagain)
                WaitForRoom();
            else if (error != Interop.Eintr)
                throw new IOException(new Win32Exception(error).Message);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Whoever shares a pipe with us (standard output, say) may have made it non-blocking: this thread is one that may wait.
    private void WaitForRoom()
    {
        var taken = false;
        try
        {
            _descriptor.DangerousAddRef(ref taken);
            var entry = new Interop.PollEntry { Descriptor = (int)_descriptor.DangerousGetHandle(), Wanted = Interop.PollOut };
            if (Interop.Poll(&entry, 1, MaxWait) == 0)
                throw new IOException("Whoever reads takes nothing any more.");
        }
        finally
        {
            if (taken)
                _descriptor.DangerousRelease();
        }
    }

    protected override void Dispose(bool disposing)
    {
        _descriptor.Dispose();
        base.Dispose(disposing);
    }
}

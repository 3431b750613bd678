using Envoy.Runtime;

namespace Envoy.Net.Tls;

/// <summary>One worker's scratch for TLS: plaintext on its way between a connection's slabs and the cipher. Worker-owned.</summary>
internal sealed class TlsBuffers
{
    /// <summary>The most plaintext that a record carries (RFC 8446 section 5.1).</summary>
    public const int RecordSize = 16 * 1024;

    // Beyond these, what reads that waited gave back is left to the garbage collector: 1 MiB a worker.
    private const int MostFree = 64;

    private readonly Stack<byte[]> _free = new();

    private TlsBuffers()
    {
    }

    /// <summary>Where small slices are put together before they become a record.</summary>
    public byte[] Gathered { get; } = new byte[RecordSize];

    /// <summary>For one send of ciphertext, which happens within a send of plaintext.</summary>
    public ArraySegment<byte>[] Segments { get; } = new ArraySegment<byte>[16];

    public static TlsBuffers Of(Worker worker) => worker.Local(static _ => new TlsBuffers());

    public byte[] Rent() => _free.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(RecordSize);

    public void Return(byte[] buffer)
    {
        if (_free.Count < MostFree)
            _free.Push(buffer);
    }
}

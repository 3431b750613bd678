namespace Envoy.AccessLog.Files;

/// <summary>Bytes on their way from a worker to a file. Owned by the worker that fills it, then by the file's thread.</summary>
internal sealed class LogPage(int size)
{
    /// <summary>What a page holds unless a single line is longer: Envoy's least amount that is written without waiting.</summary>
    public const int Size = 64 * 1024;

    public byte[] Bytes { get; } = new byte[size];

    public int Length { get; set; }

    public bool IsRegular => Bytes.Length == Size;
}

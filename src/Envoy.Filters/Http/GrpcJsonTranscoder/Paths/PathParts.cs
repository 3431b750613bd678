namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>Where a path's segments are; empty ones at its end do not count. Used again for path after path. Worker-owned.</summary>
internal sealed class PathParts
{
    private (int Start, int Length)[] _parts = new (int, int)[16];

    public int Count { get; private set; }

    public void Split(ReadOnlySpan<byte> path)
    {
        Count = 0;
        var start = 1;
        while (start <= path.Length)
        {
            var slash = path[start..].IndexOf((byte)'/');
            var length = slash < 0 ? path.Length - start : slash;
            if (Count == _parts.Length)
                Array.Resize(ref _parts, Count * 2);
            _parts[Count++] = (start, length);
            start += length + 1;
        }

        while (Count > 0 && _parts[Count - 1].Length == 0)
            Count--;
    }

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> path, int index) => path.Slice(_parts[index].Start, _parts[index].Length);
}

using System.Buffers;
using Envoy.Http.Headers;

namespace Envoy.ConnectionManager.Streams;

/// <summary>
/// Brings a request's path into the form that routes and upstreams agree on: escaped slashes, dot segments (RFC 3986 section 5.2.4) and
/// repeated slashes, in Envoy's order. The query is never touched.
/// </summary>
internal static class PathNormalization
{
    private static readonly SearchValues<byte> Suspicious = SearchValues.Create("%\\."u8);

    public enum Outcome
    {
        Continue,
        Reject,
        Redirect,
    }

    public static Outcome Apply(HeaderMap headers, HttpConnectionManagerOptions options)
    {
        var slashes = options.PathWithEscapedSlashesAction;
        if (slashes == EscapedSlashesAction.KeepUnchanged && !options.NormalizePath && !options.MergeSlashes)
            return Outcome.Continue;
        if (!headers.TryGet(HeaderId.Path, out var path) || path.IsEmpty || path[0] != (byte)'/')
            return Outcome.Continue;
        var end = path.IndexOf((byte)'?');
        var pathOnly = end < 0 ? path : path[..end];

        // Nearly every path is clean already, and costs this look only.
        if (!pathOnly.ContainsAny(Suspicious) && pathOnly.IndexOf("//"u8) < 0)
            return Outcome.Continue;
        var rented = ArrayPool<byte>.Shared.Rent(path.Length);
        try
        {
            return Rewrite(headers, options, path, pathOnly.Length, rented);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static Outcome Rewrite(HeaderMap headers, HttpConnectionManagerOptions options, ReadOnlySpan<byte> path, int length, byte[] buffer)
    {
        var outcome = Outcome.Continue;
        path[..length].CopyTo(buffer);
        var query = path[length..];
        if (options.PathWithEscapedSlashesAction != EscapedSlashesAction.KeepUnchanged)
        {
            var unescaped = UnescapeSlashes(buffer.AsSpan(0, length));
            if (unescaped != length)
            {
                if (options.PathWithEscapedSlashesAction == EscapedSlashesAction.RejectRequest)
                    return Outcome.Reject;
                if (options.PathWithEscapedSlashesAction == EscapedSlashesAction.UnescapeAndRedirect)
                    outcome = Outcome.Redirect;
            }

            length = unescaped;
        }

        if (options.NormalizePath && !ResolveDots(buffer, ref length))
            return Outcome.Reject;

        // After the dots, so that what they leave behind is merged too.
        if (options.MergeSlashes)
            length = MergeSlashes(buffer.AsSpan(0, length));
        query.CopyTo(buffer.AsSpan(length));
        headers.SetUnchecked(HeaderId.Path, buffer.AsSpan(0, length + query.Length));
        return outcome;
    }

    private static int UnescapeSlashes(Span<byte> path)
    {
        var to = 0;
        for (var i = 0; i < path.Length; i++)
        {
            var b = path[i];
            if (b == (byte)'%' && i + 2 < path.Length)
            {
                b = (path[i + 1], path[i + 2] | 0x20) switch
                {
                    ((byte)'2', 'f') => (byte)'/',
                    ((byte)'5', 'c') => (byte)'\\',
                    _ => b,
                };
                if (b != (byte)'%')
                    i += 2;
            }

            path[to++] = b;
        }

        return to;
    }

    /// <summary>Removes dot segments, also escaped ones; a backslash counts as a slash. False: an escape is no escape.</summary>
    private static bool ResolveDots(byte[] path, ref int length)
    {
        var to = 0;
        var i = 0;
        while (i < length)
        {
            // Here stands a slash: the segment behind it is looked at as a whole.
            path[to++] = (byte)'/';
            i++;
            var start = to;
            while (i < length && path[i] is not ((byte)'/' or (byte)'\\'))
            {
                if (path[i] == (byte)'%' && !IsEscape(path, i, length))
                    return false;
                path[to++] = path[i++];
            }

            var dots = Dots(path.AsSpan(start, to - start));
            if (dots == 0)
                continue;

            // "." and ".." end with their own slash when they are last: "/a/." is "/a/".
            to = start;
            if (dots == 2)
            {
                to--;
                while (to > 0 && path[to - 1] != (byte)'/')
                    to--;
                if (to == 0)
                    to = 1;
            }

            if (i < length)
                to--;
        }

        length = to;
        return true;
    }

    private static bool IsEscape(byte[] path, int at, int length) =>
        at + 2 < length && char.IsAsciiHexDigit((char)path[at + 1]) && char.IsAsciiHexDigit((char)path[at + 2]);

    /// <summary>1 for <c>.</c>, 2 for <c>..</c>, with their dots escaped or not; 0 for any other segment.</summary>
    private static int Dots(ReadOnlySpan<byte> segment)
    {
        var count = 0;
        while (!segment.IsEmpty)
        {
            if (segment[0] == (byte)'.')
                segment = segment[1..];
            else if (segment.Length >= 3 && segment[0] == (byte)'%' && segment[1] == (byte)'2' && (segment[2] | 0x20) == 'e')
                segment = segment[3..];
            else
                return 0;
            count++;
        }

        return count <= 2 ? count : 0;
    }

    private static int MergeSlashes(Span<byte> path)
    {
        var to = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != (byte)'/' || to == 0 || path[to - 1] != (byte)'/')
                path[to++] = path[i];
        }

        return to;
    }
}

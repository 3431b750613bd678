using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>
/// Query parameters that the request's message has no field for, kept for <c>capture_unknown_query_parameters</c>: they go into an extension of
/// the <c>HttpBody</c>. Worker-owned.
/// </summary>
internal sealed class UnknownParameters
{
    /// <summary>More than that are nobody's query.</summary>
    public const int Most = 1000;

    private readonly ByteSink _bytes = new();
    private readonly List<(int Key, int Value, int End)> _parameters = [];

    private static ReadOnlySpan<byte> TypeUrl => "type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.UnknownQueryParams"u8;

    public int Count => _parameters.Count;

    public void Clear()
    {
        _bytes.Clear();
        _parameters.Clear();
    }

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var start = _bytes.Length;
        _bytes.Append(key);
        var middle = _bytes.Length;
        _bytes.Append(value);
        _parameters.Add((start, middle, _bytes.Length));
    }

    /// <summary>Writes them as an <c>Any</c> in field <paramref name="number"/>; nothing if there are none.</summary>
    public void Write(WireWriter output, int number)
    {
        if (Count == 0)
            return;
        output.Begin(number);
        output.Tag(1, WireType.Bytes);
        output.Bytes(TypeUrl);
        output.Begin(2);
        for (var i = 0; i < Count; i++)
        {
            if (IndexOf(KeyOf(i)) < i)
                continue;
            // UnknownQueryParams.key: a map from the name to all its values.
            output.Begin(1);
            output.Tag(1, WireType.Bytes);
            output.Bytes(KeyOf(i));
            output.Begin(2);
            for (var j = i; j < Count; j++)
            {
                if (!KeyOf(j).SequenceEqual(KeyOf(i)))
                    continue;
                output.Tag(1, WireType.Bytes);
                output.Bytes(_bytes.Written[_parameters[j].Value.._parameters[j].End]);
            }

            output.End();
            output.End();
        }

        output.End();
        output.End();
    }

    private int IndexOf(ReadOnlySpan<byte> key)
    {
        var index = 0;
        while (!KeyOf(index).SequenceEqual(key))
            index++;
        return index;
    }

    private ReadOnlySpan<byte> KeyOf(int index) => _bytes.Written[_parameters[index].Key.._parameters[index].Value];
}

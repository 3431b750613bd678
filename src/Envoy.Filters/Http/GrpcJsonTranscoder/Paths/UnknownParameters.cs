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
    private readonly List<int> _order = [];
    private readonly Comparison<int> _byKey;

    public UnknownParameters() => _byKey = CompareKeys;

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
        // In the order of their names, so that equal ones are found without comparing each with each.
        _order.Clear();
        for (var i = 0; i < Count; i++)
            _order.Add(i);
        _order.Sort(_byKey);
        for (var i = 0; i < Count;)
        {
            var key = KeyOf(_order[i]);
            // UnknownQueryParams.key: a map from the name to all its values.
            output.Begin(1);
            output.Tag(1, WireType.Bytes);
            output.Bytes(key);
            output.Begin(2);
            for (; i < Count && KeyOf(_order[i]).SequenceEqual(key); i++)
            {
                output.Tag(1, WireType.Bytes);
                output.Bytes(_bytes.Written[_parameters[_order[i]].Value.._parameters[_order[i]].End]);
            }

            output.End();
            output.End();
        }

        output.End();
        output.End();
    }

    private int CompareKeys(int left, int right)
    {
        var keys = KeyOf(left).SequenceCompareTo(KeyOf(right));
        return keys != 0 ? keys : left.CompareTo(right);
    }

    private ReadOnlySpan<byte> KeyOf(int index) => _bytes.Written[_parameters[index].Key.._parameters[index].Value];
}

using System.Text;
using Envoy.Fuzz.Engine;
using Envoy.Http.Headers;

namespace Envoy.Fuzz.Targets;

/// <summary>The header map against a plain list: the input is a series of operations on both. Used by one thread.</summary>
internal sealed class HeadersTarget : IFuzzTarget
{
    private static readonly string[] Names = ["x", "xy", "content-length", ":path", "host", "x-envoy-retry-on", "cookie", "set-cookie", "a-name-that-is-longer-than-sixteen-bytes", "te"];

    private readonly HeaderMap _map = new();
    private readonly HeaderMap _copy = new();
    private readonly List<(string Name, string Value)> _model = [];

    public string Name => "headers";

    public IReadOnlyList<byte[]> Seeds { get; } = [[0, 0, 3, 1, 0, 5, 2, 0, 0], [0, 1, 40, 0, 1, 50, 1, 1, 60, 4, 1, 0, 3, 1, 0], [0, 2, 5, 0, 3, 7, 5, 0, 0, 6, 0, 0, 0, 2, 5, 1, 2, 9]];

    public IReadOnlyList<byte[]> Words { get; } = [[0, 0, 1], [1, 0, 200], [2, 0, 0], [3, 0, 0], [4, 1, 0], [5, 0, 0], [6, 0, 0], [7, 0, 0]];

    public int MostBytes => 600;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        _map.Clear();
        _model.Clear();
        var way = 0ul;
        // Three bytes an operation: which, on which name, with how long a value.
        for (; input.Length >= 3; input = input[3..])
        {
            var name = Names[input[1] % Names.Length];
            Do(input[0] & 7, name, Value(input[2], name));
            Check(name);
            way = (way ^ (uint)(input[0] & 7) ^ ((ulong)_model.Count << 8)) * 1099511628211;
        }

        return way;
    }

    // A value of that length; its letters tell values apart.
    private static string Value(byte length, string name) => new((char)('a' + (length % 26)), name[0] == ':' ? length + 1 : length);

    private void Do(int operation, string name, string value)
    {
        var key = Encoding.ASCII.GetBytes(name);
        switch (operation)
        {
            case 0:
                _map.Add(key, Encoding.ASCII.GetBytes(value));
                _model.Add((name, value));
                break;
            case 1:
                _map.Set(key, Encoding.ASCII.GetBytes(value));
                SetInModel(name, value);
                break;
            case 2:
                FuzzFailure.Unless(_map.Remove(key) == (_model.RemoveAll(h => h.Name == name) > 0), "removing tells otherwise");
                break;
            case 3:
                // A value that is a part of the map itself, as when one header is copied into another.
                if (!_map.TryGet(key, out var own))
                    break;
                _map.Set("xy"u8, own);
                SetInModel("xy", _model.Find(h => h.Name == name).Value);
                break;
            case 4:
                if (!_map.TryGet(key, out var part))
                    break;
                var from = Math.Min(1, part.Length);
                var text = _model.Find(h => h.Name == name).Value[from..];
                if (name[0] == ':' && text.Length == 0)
                    break;
                _map.Set(key, part[from..]);
                SetInModel(name, text);
                break;
            case 5:
                _copy.CopyFrom(_map);
                _map.Clear();
                _map.CopyFrom(_copy);
                break;
            case 6:
                if (value.Length % 16 == 0)
                {
                    _map.Clear();
                    _model.Clear();
                }

                break;
            default:
                Refuse(key);
                break;
        }
    }

    private void Refuse(byte[] key)
    {
        try
        {
            _map.Set(key, "a\r\nb: c"u8);
        }
        catch (ArgumentException)
        {
            return;
        }

        throw new FuzzFailure("a value with a line end was taken");
    }

    private void SetInModel(string name, string value)
    {
        var first = _model.FindIndex(h => h.Name == name);
        if (first < 0)
        {
            _model.Add((name, value));
            return;
        }

        _model[first] = (name, value);
        for (var i = _model.Count - 1; i > first; i--)
        {
            if (_model[i].Name == name)
                _model.RemoveAt(i);
        }
    }

    private void Check(string name)
    {
        FuzzFailure.Unless(_map.Count == _model.Count, "another count");
        var i = 0;
        var size = 0;
        foreach (var field in _map)
        {
            var (expected, value) = _model[i++];
            size += expected.Length + value.Length;
            FuzzFailure.Unless(Same(field.Name, expected) && Same(field.Value, value), "another header");
            FuzzFailure.Unless(field.Id == HeaderNames.Find(field.Name), "another id");
        }

        FuzzFailure.Unless(i == _model.Count && size == _map.ByteSize, "another size");
        var key = Encoding.ASCII.GetBytes(name);
        var first = _model.FindIndex(h => h.Name == name);
        var found = _map.TryGet(key, out var got);
        FuzzFailure.Unless(found == first >= 0 && _map.Contains(key) == found && (!found || Same(got, _model[first].Value)), "looked up it is another one");
        var id = HeaderNames.Find(key);
        if (id != HeaderId.Other)
            FuzzFailure.Unless(_map.CountOf(id) == _model.Count(h => h.Name == name), "counted it is another one");
    }

    private static bool Same(ReadOnlySpan<byte> bytes, string text)
    {
        if (bytes.Length != text.Length)
            return false;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != text[i])
                return false;
        }

        return true;
    }
}

using Envoy.Fuzz.Engine;
using Envoy.Fuzz.Http1;
using Envoy.Http.Http1;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// HTTP/1 decoders and encoder: any cutting of the bytes gives the same events, what is forwarded reads back the same, and nobody, however
/// careless, sees other messages than we do. The input's first byte chooses side and limits. Used by one thread.
/// </summary>
internal sealed class Http1Target : IFuzzTarget
{
    private const int ResponseBit = 0x80;

    private static readonly Http1CodecOptions[] Limits =
    [
        new(),
        new() { EnableTrailers = true, AllowCustomMethods = true },
        new() { EnableTrailers = true, MaxHeadersBytes = 100, MaxHeadersCount = 5 },
        new() { MaxHeadersBytes = 64, MaxHeadersCount = 3 },
    ];

    private readonly Http1Reader[] _whole = [.. Limits.Select(o => new Http1Reader(o))];
    private readonly Http1Reader[] _cut = [.. Limits.Select(o => new Http1Reader(o))];
    private readonly Http1RoundTrip _roundTrip = new();
    private readonly FuzzRandom _random = new(0);
    private readonly List<int> _cuts = [];
    private readonly Action _onRequest;
    private readonly Action _onResponse;
    private Http1Reader _reader;
    private Http1ResponseContext _context;

    public Http1Target()
    {
        var (requests, responses) = Http1Seeds.Load(MostBytes - 1);
        Seeds = [.. requests.SelectMany(r => new byte[][] { [0, .. r], [1, .. r] }), .. responses.SelectMany(r => new byte[][] { [ResponseBit, .. r], [ResponseBit | 1, .. r] })];
        _reader = _whole[0];
        // Once, not for each input: tens of thousands of inputs run in a second.
        _onRequest = () => _roundTrip.CheckRequest(_reader);
        _onResponse = () => _roundTrip.CheckResponse(_reader, _context);
    }

    public string Name => "http1";

    public IReadOnlyList<byte[]> Seeds { get; }

    public IReadOnlyList<byte[]> Words => Http1Seeds.Words;

    public int MostBytes => 2048;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return 0;
        var choice = input[0];
        var isResponse = (choice & ResponseBit) != 0;
        _context = new Http1ResponseContext((choice & 4) != 0, (choice & 8) != 0, (choice & 16) != 0);
        Http1ResponseContext? context = isResponse ? _context : null;
        var bytes = input[1..];
        _reader = _whole[choice & 3];
        _reader.Read(bytes, default, context, isResponse ? _onResponse : _onRequest);
        CheckCuttings(bytes, _cut[choice & 3], context, FuzzRandom.SeedOf(input));
        CheckCareless(bytes, isResponse);
        return _reader.Way ^ ((ulong)choice << 56);
    }

    private void CheckCuttings(ReadOnlySpan<byte> bytes, Http1Reader cut, Http1ResponseContext? context, ulong seed)
    {
        _random.Reset(seed);
        _cuts.Clear();
        // A few pieces, and now and then byte after byte.
        var mean = _random.OneIn(8) ? 1 : 2 + _random.Below(40);
        for (var at = 1 + _random.Below(mean); at < bytes.Length; at += mean == 1 ? 1 : 1 + _random.Below(2 * mean))
            _cuts.Add(at);
        cut.Read(bytes, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_cuts), context, onMessage: null);
        if (!cut.Trace.Written.SequenceEqual(_reader.Trace.Written))
            throw new FuzzFailure($"cut in {_cuts.Count + 1} pieces it is read otherwise: '{Text(cut)}' and not '{Text(_reader)}'");
    }

    private void CheckCareless(ReadOnlySpan<byte> bytes, bool isResponse)
    {
        // A body that lasts until the end, and a tunnel, are whatever comes.
        if (_reader.Ends.Count == 0 || (isResponse && (_reader.Response.StatusCode == 101 || _context.IsConnect || LastsUntilClose())) || _reader.Request.IsConnect)
            return;
        foreach (var kind in CarelessReader.Kinds)
        {
            var at = 0;
            for (var i = 0; i < _reader.Ends.Count; i++)
            {
                var seen = kind.TryRead(bytes, ref at, out var body, isResponse, _context.IsHead);
                if (!seen || at != _reader.Ends[i] || body != _reader.BodyLengths[i])
                    throw new FuzzFailure($"message {i + 1} can be read otherwise than as {_reader.BodyLengths[i]} bytes of body");
            }
        }
    }

    private bool LastsUntilClose() => _reader.Response is { IsChunked: false, ContentLength: null } && _reader.BodyLengths[0] > 0;

    private static string Text(Http1Reader reader) => System.Text.Encoding.Latin1.GetString(reader.Trace.Written);
}

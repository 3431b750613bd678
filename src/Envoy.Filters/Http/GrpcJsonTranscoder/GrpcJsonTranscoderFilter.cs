using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Http.Headers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>
/// Makes a gRPC request of a JSON one, and JSON of what is answered. A request for no known method passes as it is; so does an answer that is
/// not gRPC. Worker-owned.
/// </summary>
internal sealed partial class GrpcJsonTranscoderFilter : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private const string FailedEarly = "early_grpc_json_transcode_failure";
    private const string Failed = "grpc_json_transcode_failure";

    // gRPC servers take 4 MiB a message unless told otherwise: a streamed body is cut into smaller ones.
    private const int StreamedPieceBytes = 1024 * 1024;

    private readonly TranscoderWorker _shared;
    private readonly ByteQueue _body;
    private readonly ByteQueue _frames;
    private readonly ByteQueue _piece;
    private readonly BindingTree _bindings = new();
    private readonly UnknownParameters _unknown = new();
    private readonly JsonArraySplitter _elements = new();
    private readonly ByteSink _contentType = new();
    private readonly Action<WireWriter> _writeHttpBody;
    private HttpFilterCallbacks _callbacks = null!;
    private TranscoderSnapshot _config = null!;
    private PathRule? _rule;
    private bool _failed;
    private bool _sentFirst;
    private long _requestCounted;

    public GrpcJsonTranscoderFilter(TranscoderWorker shared)
    {
        _shared = shared;
        _config = shared.Config;
        _body = new ByteQueue(shared.Worker);
        _frames = new ByteQueue(shared.Worker);
        _piece = new ByteQueue(shared.Worker);
        _received = new ByteQueue(shared.Worker);
        _json = new ByteQueue(shared.Worker);
        _writeHttpBody = WriteHttpBody;
    }

    // Not there: the exchange is not ours.
    private PathRule? Rule => _failed ? null : _rule;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        _config = _callbacks.RouteOptions<TranscoderSnapshot>() ?? _shared.Config;
        if (_config.IsDisabled || GrpcContentType.Is(headers.Get(HeaderId.ContentType)))
            return FilterStatus.Continue;
        var outcome = _shared.Matcher.Match(_config, headers.Get(HeaderId.Method), headers.Get(HeaderId.Path), _bindings, _unknown, out var rule);
        if (outcome != RequestMatcher.Outcome.Found)
            return Refuse(outcome);
        _rule = rule!;
        ExpandBufferLimit();
        if (_rule.RequestIsHttpBody)
            _contentType.Append(headers.Get(HeaderId.ContentType));
        headers.Remove(HeaderId.ContentLength);
        headers.Set(HeaderId.ContentType, "application/grpc"u8);
        headers.Set(HeaderId.XEnvoyOriginalPath, headers.Get(HeaderId.Path));
        headers.Add("x-envoy-original-method"u8, headers.Get(HeaderId.Method));
        headers.Set(HeaderId.Path, _rule.GrpcPath);
        headers.Set(HeaderId.Method, "POST"u8);
        headers.Set(HeaderId.TE, "trailers"u8);
        if (!_config.Options.MatchIncomingRequestRoute)
            _callbacks.ClearRouteCache();
        if (!endStream)
            return FilterStatus.Continue;
        if (!EndRequest(FailedEarly))
            return FilterStatus.Hold;
        if (!_frames.IsEmpty)
            _callbacks.AddRequestData(_frames);
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (Rule is not { } rule)
            return FilterStatus.Continue;
        var done = rule.Method.ClientStreaming && !rule.RequestIsHttpBody ? ConvertElements(data) : TakeBody(data, rule);
        if (!done || !CheckRequestLimit() || (endStream && !EndRequest(Failed)))
            return FilterStatus.Hold;
        CountRequest();
        data.Append(_frames);
        return data.IsEmpty && !endStream ? FilterStatus.Take : FilterStatus.Continue;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        if (Rule is null)
            return FilterStatus.Continue;
        if (!EndRequest(Failed))
            return FilterStatus.Hold;
        CountRequest();
        if (!_frames.IsEmpty)
            _callbacks.AddRequestData(_frames);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _rule = null;
        _failed = _sentFirst = false;
        _body.Clear();
        _frames.Clear();
        _piece.Clear();
        _bindings.Clear();
        _unknown.Clear();
        _elements.Clear();
        _contentType.Clear();
        ClearResponse();
        CountRequest();
        CountResponse();
    }

    private FilterStatus Refuse(RequestMatcher.Outcome outcome)
    {
        var validation = _config.Options.RequestValidationOptions;
        var (rejects, status, name) = outcome == RequestMatcher.Outcome.NotFound
            ? (validation.RejectUnknownMethod, 404, "NOT_FOUND")
            : (validation.RejectUnknownQueryParameters, 400, "INVALID_ARGUMENT");
        if (!rejects)
            return FilterStatus.Continue;
        _failed = true;
        _callbacks.SendLocalReply(new LocalReply(status, $"{FailedEarly}{{{name}}}") { Body = _shared.Matcher.Error });
        return FilterStatus.Hold;
    }

    private void ExpandBufferLimit()
    {
        // Zero is no limit.
        var wanted = Math.Max(_config.Options.MaxRequestBodySize ?? 0, _config.Options.MaxResponseBodySize ?? 0);
        if (_callbacks.BufferLimit > 0 && wanted > _callbacks.BufferLimit)
            _callbacks.BufferLimit = wanted;
    }

    private bool TakeBody(ByteQueue data, PathRule rule)
    {
        _body.Append(data);
        while (rule is { RequestIsHttpBody: true, Method.ClientStreaming: true } && (_body.Length > 0 || !_sentFirst))
        {
            _piece.MoveFrom(_body, Math.Min(_body.Length, StreamedPieceBytes));
            if (!SendHttpBody(Failed))
                return false;
        }

        return true;
    }

    private bool EndRequest(string details)
    {
        var rule = _rule!;
        if (rule.RequestIsHttpBody)
        {
            _piece.Append(_body);
            return (_sentFirst && rule.Method.ClientStreaming) || SendHttpBody(details);
        }

        if (rule.Method.ClientStreaming)
            return _elements.TryEnd() || FailRequest(_elements.Error!, details);
        var done = _shared.Reader.TryConvert(_config.Json, rule.Method.Input, rule.Body, _shared.Flatten(_body), _bindings);
        _body.Clear();
        if (!done)
            return FailRequest(_shared.Reader.Error, details);
        _shared.AppendFrame(_frames);
        return true;
    }

    // Every element that is whole becomes a frame.
    private bool ConvertElements(ByteQueue data)
    {
        foreach (var span in data)
        {
            var position = 0;
            while (_elements.TryNext(span, ref position))
            {
                var rule = _rule!;
                if (!_shared.Reader.TryConvert(_config.Json, rule.Method.Input, rule.Body, _elements.Element, _bindings))
                    return FailRequest(_shared.Reader.Error, Failed);
                // What path and query say belongs to the first message.
                _bindings.Clear();
                _shared.AppendFrame(_frames);
            }
        }

        data.Clear();
        return _elements.Error is null || FailRequest(_elements.Error, Failed);
    }

    private bool SendHttpBody(string details)
    {
        if (!_shared.Reader.TryConvert(_config.Json, _rule!.Body, _bindings, _writeHttpBody))
            return FailRequest(_shared.Reader.Error, details);
        _shared.AppendFrame(_frames);
        _bindings.Clear();
        _contentType.Clear();
        _piece.Clear();
        _sentFirst = true;
        return true;
    }

    // google/api/httpbody.proto: content_type, data, extensions.
    private void WriteHttpBody(WireWriter output)
    {
        if (_contentType.Length > 0)
        {
            output.Tag(1, WireType.Bytes);
            output.Bytes(_contentType.Written);
        }

        // Once: a client could have them repeated with every byte that it sends.
        if (!_sentFirst)
            _unknown.Write(output, 3);
        output.Tag(2, WireType.Bytes);
        output.Bytes(_piece);
    }

    private bool CheckRequestLimit()
    {
        var limit = _config.Options.MaxRequestBodySize ?? _callbacks.BufferLimit;
        if (limit == 0 || _body.Length + _elements.Length <= limit)
            return true;
        _failed = true;
        _callbacks.SendLocalReply(new LocalReply(413, $"{Failed}{{request_buffer_size_limit_reached}}")
        {
            Body = "Request rejected because the transcoder's internal buffer size exceeds the configured limit.",
        });
        return false;
    }

    private bool FailRequest(string error, string details)
    {
        _failed = true;
        _callbacks.SendLocalReply(new LocalReply(400, $"{details}{{INVALID_ARGUMENT}}") { Body = error });
        return false;
    }

    private void CountRequest()
    {
        var now = _body.Length + _elements.Length;
        if (now == _requestCounted)
            return;
        _shared.RequestBytes.Add(now - _requestCounted);
        _requestCounted = now;
    }

    /// <summary>The compiled options. Immutable.</summary>
    internal sealed class Snapshot(TranscoderSnapshot config) : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new TranscoderWorker(config, context);
    }
}

using Envoy.Formatting;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Streams;

namespace Envoy.Forwarding;

/// <summary>How an exchange ends, and what is counted of it.</summary>
internal sealed partial class UpstreamExchange
{
    /// <summary>What the headers say of the host; of gRPC that went well so far the trailers have the last word.</summary>
    private void Count(UpstreamAttempt attempt, int status, bool endStream)
    {
        if (status >= 500)
            attempt.HostStats.RqError++;
        else if (!Options.IsGrpc)
            attempt.HostStats.RqSuccess++;
        else if (endStream)
            CountGrpc(attempt, attempt.ResponseHeaders);
        else
            attempt.IsUndecided = true;
    }

    private static void CountGrpc(UpstreamAttempt attempt, HeaderMap trailers)
    {
        attempt.IsUndecided = false;
        if (GrpcStatusHeader.Read(trailers) is { } status && GrpcStatusMapping.ToHttp(status) < 500)
            attempt.HostStats.RqSuccess++;
        else
            attempt.HostStats.RqError++;
    }

    // It has ended without a word about how it went.
    private static void CountCut(UpstreamAttempt? attempt)
    {
        if (attempt is not { IsUndecided: true })
            return;
        attempt.IsUndecided = false;
        attempt.HostStats.RqError++;
    }

    private void ChargeResponse(int status, UpstreamAttempt? attempt = null)
    {
        _internal = _headers.Get(HeaderId.XEnvoyInternal).SequenceEqual("true"u8);
        _canary = attempt is not null && attempt.ResponseHeaders.Get(HeaderId.XEnvoyUpstreamCanary).SequenceEqual("true"u8);
        Cluster.Stats.ChargeResponse(status, _internal, _canary, withCode: !Options.ExcludesCodes);
        Options.VirtualCluster?.Responses.Charge(status);
        Options.Route?.Responses.Charge(status);
    }

    private void TimeOut(string details)
    {
        if (!_started)
            ChargeResponse(Options.TimeoutStatus);
        CountCut(_winner);
        Close();
        CancelAll(null);
        Handler.OnFailed(new ExchangeFailure(Options.TimeoutStatus, Options.TimeoutStatus == 204 ? "" : "upstream request timeout", details, ResponseFlags.UpstreamRequestTimeout));
    }

    private void Fail(UpstreamAttempt attempt, StreamResetReason reason, string details)
    {
        CountCut(attempt);
        Close();
        var overflow = reason == StreamResetReason.Overflow;
        var status = reason == StreamResetReason.ProtocolError ? 502 : 503;
        var text = StreamResetReasons.Text(reason);
        if (!_started)
        {
            ChargeResponse(status);
            if (!overflow)
                attempt.HostStats.RqError++;
        }

        var body = "upstream connect error or disconnect/reset before headers. " + (AttemptCount > 1 ? "retried and the latest reset reason: " : "reset reason: ") + text
            + (details.Length > 0 ? ", transport failure reason: " + details : "");
        var word = _started ? "upstream_reset_after_response_started{" : "upstream_reset_before_response_started{";
        var inner = details.Length > 0 ? text + "|" + details : text;
        Handler.OnFailed(new ExchangeFailure(status, body, word + inner.Replace(' ', '_') + "}", FlagOf(reason)) { Overloaded = overflow, TransportFailure = details });
    }

    private static ResponseFlags FlagOf(StreamResetReason reason) => reason switch
    {
        StreamResetReason.LocalConnectionFailure or StreamResetReason.RemoteConnectionFailure or StreamResetReason.ConnectionTimeout
            => ResponseFlags.UpstreamConnectionFailure,
        StreamResetReason.ConnectionTermination => ResponseFlags.UpstreamConnectionTermination,
        StreamResetReason.LocalReset => ResponseFlags.LocalReset,
        StreamResetReason.Overflow => ResponseFlags.UpstreamOverflow,
        StreamResetReason.ProtocolError => ResponseFlags.UpstreamProtocolError,
        _ => ResponseFlags.UpstreamRemoteReset,
    };
}

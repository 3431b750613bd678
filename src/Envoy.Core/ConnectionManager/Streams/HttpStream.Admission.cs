using System.Text;
using Envoy.AccessLog;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Http.Streams;
using Envoy.Routing;

namespace Envoy.ConnectionManager.Streams;

/// <summary>What a request has to pass before the filters see it.</summary>
internal sealed partial class HttpStream
{
    private void HandleRequestHeaders(bool endStream)
    {
        var traits = _codec.Traits;
        if ((traits & RequestTraits.Http10) != 0)
            StreamInfo.Protocol = "HTTP/1.0";
        // Its end is the end of what comes after the upgrade; over HTTP/2 it has not come yet.
        if ((traits & RequestTraits.RequestsUpgrade) != 0 && endStream != ((traits & RequestTraits.Http2) != 0) && _shared.Snapshot.MayUpgrade)
            endStream = BeginTunnel();
        else if ((traits & RequestTraits.Connect) != 0 && _shared.Snapshot.MayUpgrade)
            _flags |= Flags.Upgrading | Flags.Connect;
        if (endStream)
            CompleteRequest();
        if (GrpcContentType.Is(RequestHeaders.Get(HeaderId.ContentType)))
            _flags |= Flags.IsGrpc;
        if ((traits & RequestTraits.Http10) != 0 && !_shared.Options.AcceptHttp10)
        {
            Refuse(426, "low_version", "");
            return;
        }

        if ((traits & RequestTraits.Http10) != 0 && _shared.Snapshot.DefaultHost is { Length: > 0 } host && !RequestHeaders.Contains(HeaderId.Authority))
            RequestHeaders.SetUnchecked(HeaderId.Authority, host);
        if (!RequestHeaders.Contains(HeaderId.Authority))
        {
            RefuseMessage(new LocalReply(400, "missing_host_header"));
            return;
        }

        StreamInfo.ConnectPort = HostNormalization.Apply(RequestHeaders, _shared.Options, Connection, Has(Flags.Upgrading) && (traits & (RequestTraits.Connect | RequestTraits.Http2)) != 0);
        if (!NormalizePath())
            return;
        var error = RequestPreparation.Prepare(RequestHeaders, _shared, _manager, StreamInfo, Has(Flags.Upgrading) && !Has(Flags.Connect));
        if (error is not null)
        {
            StreamInfo.AddFlag(ResponseFlags.DownstreamProtocolError);
            RefuseMessage(new LocalReply(error.HttpStatus, error.Details) { Body = Encoding.ASCII.GetString(Http1ReasonPhrases.Get(error.HttpStatus)) });
            return;
        }

        if (_shared.Clients.RejectWith is > 0 and var status)
        {
            _shared.Stats.DownstreamRqRejectedViaIpDetection.Inc();
            SendLocalReply(new LocalReply(status, "rejecting_because_detection_failed"));
            return;
        }

        if ((traits & RequestTraits.ExpectsContinue) != 0 && !_shared.Options.Proxy100Continue)
            AnswerExpectation(endStream);
        // A client that does not take what it is sent may have been cut off with it.
        if (!Has(Flags.Active))
            return;
        EnterFilters(endStream, (traits & (RequestTraits.RequestsUpgrade | RequestTraits.Connect)) != 0);
    }

    private void EnterFilters(bool endStream, bool upgrade)
    {
        _flags |= Flags.ChainStarted;
        _chain.Start();
        // A filter may have answered or reset when it was attached.
        if (!Has(Flags.Active) || _chain.Request.IsEnded)
            return;
        if (Has(Flags.AboveHigh))
            _chain.HoldResponse(true);
        // CONNECT has no path, and like an upgrade turns the stream into bytes. Without a route there is nothing to allow it, nor to refuse it.
        if (upgrade && Match.Route is not null && !TryUpgrade())
        {
            _shared.Stats.DownstreamRqWsOnNonWsRoute.Inc();
            SendLocalReply(new LocalReply(403, "upgrade_failed") { CloseConnection = true });
            return;
        }

        if (RequestHeaders.TryGet(HeaderId.Path, out var path) && path[0] != (byte)'/')
        {
            _shared.Stats.DownstreamRqNonRelativePath.Inc();
            SendLocalReply(new LocalReply(404, "absolute_path_rejected"));
            return;
        }

        if (Match.Route?.Action is ForwardAction { IdleTimeout: { } idle })
            ChangeIdleTimeout((long)idle.TotalMilliseconds);
        if (StreamDuration.Of(Match.Route, RequestHeaders, _shared.Options.MaxStreamDuration) is >= 0 and var longest)
            Worker.Arm(_durationTimer, Math.Max(0, longest - (Worker.Now - _startedAt)));
        if (_shared.Options.FlushAccessLogOnNewRequest)
            Log(AccessLogType.DownstreamStart);
        _chain.Request.Headers(endStream);
    }

    /// <summary>Answers a request that is none; its connection ends with it, unless it was asked to go on.</summary>
    private void RefuseMessage(in LocalReply reply)
    {
        if (_shared.Options.StreamErrorOnInvalidHttpMessage)
            SendLocalReply(reply);
        else
            Refuse(reply);
    }

    /// <summary>False: the path has been answered.</summary>
    private bool NormalizePath()
    {
        var outcome = PathNormalization.Apply(RequestHeaders, _shared.Options);
        if (outcome == PathNormalization.Outcome.Continue)
            return true;
        // A gRPC client follows no redirect.
        if (outcome == PathNormalization.Outcome.Reject || Has(Flags.IsGrpc))
        {
            _shared.Stats.DownstreamRqFailedPathNormalization.Inc();
            SendLocalReply(new LocalReply(400, "path_normalization_failed"));
            return false;
        }

        _shared.Stats.DownstreamRqRedirectedWithNormalizedPath.Inc();
        SendLocalReply(new LocalReply(307, "path_normalization_failed")
        {
            ModifyHeaders = response => response.SetUnchecked(HeaderId.Location, RequestHeaders.Get(HeaderId.Path)),
        });
        return false;
    }

    private void AnswerExpectation(bool endStream)
    {
        RequestHeaders.Remove(HeaderId.Expect);
        if (endStream)
            return;
        // Answered here, whatever the upstream would say (RFC 9110 section 10.1.1 allows a proxy to; Envoy's default).
        ResponseHeaders.Set(HeaderId.Status, "100"u8);
        _codec.SendInformational(ResponseHeaders);
        ResponseHeaders.Clear();
    }
}

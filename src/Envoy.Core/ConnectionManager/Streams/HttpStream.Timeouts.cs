using Envoy.AccessLog;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Runtime.Timers;

namespace Envoy.ConnectionManager.Streams;

/// <summary>What a stream's times are, and how it ends when one is up.</summary>
internal sealed partial class HttpStream
{
    public void OnRequestHeadersTimeout()
    {
        if (!Has(Flags.Active))
            return;
        _shared.Stats.DownstreamRqHeaderTimeout.Inc();
        Refuse(408, "request_header_timeout", "request header timeout");
    }

    public void OnTimer(TimerNode timer)
    {
        if (!Has(Flags.Active))
            return;
        if (ReferenceEquals(timer, _requestTimer))
        {
            _shared.Stats.DownstreamRqTimeout.Inc();
            Refuse(TimeoutStatus, "request_overall_timeout", "request timeout");
            return;
        }

        if (ReferenceEquals(timer, _logTimer))
        {
            Log(AccessLogType.DownstreamPeriodic);
            Worker.Arm(timer, _shared.Options.AccessLogFlushInterval!.Value);
            return;
        }

        if (ReferenceEquals(timer, _durationTimer))
        {
            _shared.Stats.DownstreamRqMaxDurationReached.Inc();
            Refuse(new LocalReply(TimeoutStatus, "max_duration_timeout") { Body = "downstream duration timeout", GrpcStatus = DeadlineExceeded });
            return;
        }

        // Armed once; what has moved since only puts it off.
        var left = _idleTimeout - (Worker.Now - _lastActivity);
        if (left > 0)
        {
            Worker.Arm(timer, left);
            return;
        }

        _shared.Stats.DownstreamRqIdleTimeout.Inc();
        StreamInfo.AddFlag(ResponseFlags.StreamIdleTimeout);
        Refuse(TimeoutStatus, "stream_idle_timeout", "stream timeout");
    }

    /// <summary>Envoy's choice for its own timeouts: 408 while the client has not sent everything, 504 once it has.</summary>
    private int TimeoutStatus => Has(Flags.RequestComplete) ? 504 : 408;

    private void ChangeIdleTimeout(long milliseconds)
    {
        _idleTimeout = milliseconds;
        if (milliseconds > 0)
            Worker.Arm(_idleTimer, milliseconds);
        else
            Worker.Disarm(_idleTimer);
    }

    /// <summary>Ends the exchange with an answer if none has begun, and with it the connection.</summary>
    private void Refuse(int status, string details, string body) => Refuse(new LocalReply(status, details) { Body = body });

    private void Refuse(LocalReply reply)
    {
        var inEvent = Has(Flags.InEvent);
        _flags |= Flags.InEvent;
        try
        {
            SendLocalReply(reply with { CloseConnection = true });
        }
        catch (Exception e) when (FilterFailed(e))
        {
        }

        if (!inEvent)
            Leave();
    }
}

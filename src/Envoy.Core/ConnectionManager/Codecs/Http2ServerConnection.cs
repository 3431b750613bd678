using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.Http.Http2;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.ConnectionManager.Codecs;

/// <summary>
/// Drives the HTTP/2 codec of a downstream connection: gives it the socket, the clock and the statistics, and ends connections whose clients do
/// nothing but begin and reset. Worker-owned.
/// </summary>
internal sealed class Http2ServerConnection : IServerCodec, IHttp2ConnectionHandler, IResumable, ITimerHandler
{
    private readonly HttpConnectionManager _manager;
    private readonly Http2Connection _codec;
    private readonly TimerNode _drainTimer;
    private readonly TimerNode? _flushTimer;
    private readonly Http2Keepalive? _keepalive;
    private readonly StreamResets _resets;
    private bool _draining;
    private bool _drained;
    private bool _resumeQueued;
    private bool _closed;

    public Http2ServerConnection(HttpConnectionManager manager)
    {
        _manager = manager;
        var shared = manager.Shared;
        _codec = new Http2Connection(
            isServer: true, shared.Snapshot.Http2, shared.Snapshot.Codec.MaxHeadersBytes, shared.Snapshot.Codec.MaxHeadersCount,
            manager.Connection.BufferLimit, SlabPool.Of(shared.Worker), this);
        _resets = new StreamResets(shared.Snapshot.Http2, shared.Runtime, Worker.Now);
        _drainTimer = new TimerNode(this);
        if (shared.Options.StreamIdleTimeout > TimeSpan.Zero)
            _flushTimer = new TimerNode(this);
        _codec.Start();
        if (shared.Snapshot.Http2.Keepalive is { } keepalive)
            _keepalive = new Http2Keepalive(shared.Worker, _codec, keepalive, OnSilence);
    }

    public bool IsMultiplexed => true;

    public long OutputLength => Connection.WriteBuffered;

    public bool IsOutputFull => Connection.IsAboveWriteHighWatermark;

    IResumable? IResumable.NextResumed { get; set; }

    private Connection Connection => _manager.Connection;

    private Worker Worker => _manager.Shared.Worker;

    public void OnData(ByteQueue input) => _codec.Receive(input);

    public void OnConnectionClosed()
    {
        _closed = true;
        Worker.Disarm(_drainTimer);
        if (_flushTimer is not null)
            Worker.Disarm(_flushTimer);
        _keepalive?.Stop();
        _codec.OnClosed();
    }

    public void OnAboveWriteHighWatermark() => _codec.OnOutputFull();

    public void OnBelowWriteLowWatermark() => _codec.OnOutputDrained();

    public void BeginDrain()
    {
        if (_draining || _closed)
            return;
        _draining = true;
        _manager.Shared.Stats.DownstreamCxDrainClose.Inc();
        // What the client has begun before it hears of it is still served.
        _codec.GoAway(final: false);
        Worker.Arm(_drainTimer, _manager.Shared.Options.DrainTimeout);
    }

    public void SayGoodbye() => _codec.GoAway(final: true);

    public void OnTimer(TimerNode timer)
    {
        if (_closed)
            return;
        if (ReferenceEquals(timer, _flushTimer))
        {
            if (_codec.ResetStalled())
                Worker.Arm(timer, _manager.Shared.Options.StreamIdleTimeout);
            return;
        }

        _drained = true;
        _codec.GoAway(final: true);
        CloseIfDone();
    }

    void IResumable.OnResumed()
    {
        _resumeQueued = false;
        if (_closed)
            return;
        _codec.Resume();
        EndIfPremature();
        CloseIfDone();
    }

    public void Write(ByteQueue output)
    {
        if (_closed)
            output.Clear();
        else
            _manager.Write(output);
    }

    public void OnStreamBegun(Http2ServerStream stream)
    {
        stream.BegunAt = Worker.Now;
        _manager.Shared.Http2Stats.StreamsActive.Inc();
        stream.Handler = _manager.NewStream(stream);
    }

    public void OnStreamClosed(Http2Stream stream)
    {
        _manager.Shared.Http2Stats.StreamsActive.Dec();
        _resets.OnClosed(stream, Worker.Now);
        // Not from within the codec, whose last words are not written yet.
        if (_drained || _resets.TooManyPremature)
            QueueResume();
    }

    public void OnPeerReset(Http2Stream stream)
    {
        EndIfPremature();
        TakeReset();
    }

    // A client that makes us reset its streams costs as much as one that does it itself.
    public void OnPeerFault() => TakeReset();

    public void OnPeerSettings()
    {
    }

    public void OnGoAway(uint lastStreamId, Http2ErrorCode code)
    {
    }

    public void OnPong() => _keepalive?.OnPong();

    public void OnConnectionError(Http2ErrorCode code, string message)
    {
        _manager.Shared.Stats.DownstreamCxProtocolError.Inc();
        if (!_closed)
            Connection.Close(ConnectionCloseType.FlushWriteAndDelay);
    }

    public void ScheduleResume() => QueueResume();

    public void Count(Http2Count count) => _manager.Shared.Http2Stats.Count(count);

    /// <summary>A response waits for its window after its stream has let go of it: it must move within the stream's idle timeout.</summary>
    public void OnFlushPending()
    {
        if (_flushTimer is { IsArmed: false } && !_closed)
            Worker.Arm(_flushTimer, _manager.Shared.Options.StreamIdleTimeout);
    }

    private void OnSilence()
    {
        Count(Http2Count.KeepaliveTimeout);
        Connection.Close(ConnectionCloseType.NoFlush);
    }

    private void QueueResume()
    {
        if (_resumeQueued || _closed)
            return;
        _resumeQueued = true;
        Worker.ResumeNextTurn(this);
    }

    private void EndIfPremature()
    {
        if (_codec.IsDead || !_resets.TooManyPremature)
            return;
        _manager.Shared.Stats.DownstreamRqTooManyPrematureResets.Inc();
        _codec.Fail(Http2ErrorCode.EnhanceYourCalm, "streams that are reset as soon as they begin");
    }

    private void TakeReset()
    {
        if (!_codec.IsDead && !_resets.TryReset(Worker.Now))
            _codec.Fail(Http2ErrorCode.EnhanceYourCalm, "streams that are reset too often");
    }

    private void CloseIfDone()
    {
        if (_drained && _codec.ActiveStreams == 0 && Connection.IsOpen)
            Connection.Close(ConnectionCloseType.FlushWriteAndDelay);
    }
}

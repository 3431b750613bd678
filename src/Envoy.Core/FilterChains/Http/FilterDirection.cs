using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.FilterChains.Http;

/// <summary>
/// One direction of a stream through its filters. Each filter is a stage that is open, holding (it sees what comes, later ones do not) or
/// paused (nobody sees what comes); what a stage keeps it keeps in order: headers, bytes it has seen, bytes it has not, trailers.
/// Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///                    Hold / Take on headers, Hold on data
///        Open ────────────────────────────────────────────► Holding ─┐ sees data; each hook decides again
///         ▲ ▲                                                  │   ◄─┘
///         │ └──────────── Continue from a later hook ──────────┤
///         │                                                    │ Pause
///         └── Resume() ─────────────── Paused ◄────────────────┘
/// </code>
/// </remarks>
internal abstract class FilterDirection
{
    private Stage[] _stages = [];
    private int _count;
    private bool _sourceDisabled;
    private bool _ended;

    // Changes with every reset and end: a frame whose hook has replaced or ended the message knows that it is no longer its own.
    private int _generation;

    private enum StageState : byte
    {
        Open,
        Holding,
        Paused,
    }

    /// <summary>No more of this direction is wanted: a local reply or a reset has taken its place.</summary>
    public bool IsEnded => _ended;

    /// <summary>The headers have been given to the chain.</summary>
    public bool HeadersSeen { get; private set; }

    /// <summary>The end has been given to the chain.</summary>
    public bool EndSeen { get; private set; }

    protected abstract HeaderMap HeadersMap { get; }

    protected abstract HeaderMap TrailersMap { get; }

    protected abstract long BufferLimit { get; }

    public void Reset(int count)
    {
        if (_stages.Length < count)
            _stages = new Stage[count];
        _count = count;
        _generation++;
        _sourceDisabled = _ended = HeadersSeen = EndSeen = false;
    }

    /// <summary>Drops what is kept and ignores what comes.</summary>
    public void End()
    {
        _ended = true;
        _generation++;
        for (var i = 0; i < _count; i++)
            _stages[i].Clear();
        SetSourceDisabled(false);
    }

    public void Headers(bool endStream)
    {
        if (_ended)
            return;
        HeadersSeen = true;
        EndSeen |= endStream;
        RunHeaders(0, endStream);
    }

    public void Data(ByteQueue data, bool endStream)
    {
        if (_ended)
        {
            data.Clear();
            return;
        }

        EndSeen |= endStream;
        RunData(0, data, endStream);
    }

    public void Trailers()
    {
        if (_ended)
            return;
        EndSeen = true;
        RunTrailers(0);
    }

    /// <summary>What the filter at <paramref name="position"/> stopped goes on.</summary>
    public void Resume(int position)
    {
        if (_ended)
            return;
        ref var stage = ref _stages[position];
        if (stage.Running)
        {
            // From inside the hook: its return value will be read as Continue.
            stage.ResumeRequested = true;
            return;
        }

        if (stage.State == StageState.Open)
            return;
        stage.State = StageState.Open;
        var generation = _generation;
        Release(position);
        // What a holding stage keeps must not keep away the rest that it waits for.
        if (generation == _generation && !IsPaused)
            SetSourceDisabled(false);
    }

    /// <summary>Bytes from the filter at <paramref name="position"/> for those after it.</summary>
    public void Inject(int position, ByteQueue data, bool endStream)
    {
        if (_ended)
        {
            data.Clear();
            return;
        }

        ref var stage = ref _stages[position];
        if (stage.HeadersHeld)
            ReleaseHeaders(position, endStream: false);
        RunData(position + 1, data, endStream);
    }

    /// <summary>Bytes behind what the filter at <paramref name="position"/> keeps; inside its header hook they become the message's body.</summary>
    public void Add(int position, ByteQueue data)
    {
        if (_ended)
        {
            data.Clear();
            return;
        }

        ref var stage = ref _stages[position];
        if (!stage.Running && stage.State == StageState.Open)
        {
            RunData(position + 1, data, endStream: false);
            return;
        }

        stage.BodyAdded = true;
        Keep(ref stage.Seen, data);
    }

    /// <summary>Inside the hook that sees the end: the message will end with trailers, which the filter fills in.</summary>
    public HeaderMap AddTrailers(int position)
    {
        ref var stage = ref _stages[position];
        if (!stage.Running || !EndSeen)
            throw new InvalidOperationException("Trailers can be added only in the hook that sees the end of the message.");
        stage.TrailersAdded = true;
        return TrailersMap;
    }

    /// <summary>What the filter at <paramref name="position"/> holds and has seen; it may change it.</summary>
    public ByteQueue Held(int position) => _stages[position].Seen ??= NewQueue();

    protected abstract FilterStatus CallHeaders(int position, HeaderMap headers, bool endStream);

    protected abstract FilterStatus CallData(int position, ByteQueue data, bool endStream);

    protected abstract FilterStatus CallTrailers(int position, HeaderMap trailers);

    protected abstract void EmitHeaders(bool endStream);

    protected abstract void EmitData(ByteQueue data, bool endStream);

    protected abstract void EmitTrailers();

    protected abstract ByteQueue NewQueue();

    /// <summary>A holding filter has let more pile up than the limit allows.</summary>
    protected abstract void OnHeldTooMuch();

    /// <summary>Stops (true) or restarts (false) whoever produces this direction's bytes.</summary>
    protected abstract void DisableSource(bool disable);

    private void RunHeaders(int position, bool endStream)
    {
        var generation = _generation;
        for (; position < _count; position++)
        {
            ref var stage = ref _stages[position];
            stage.Running = true;
            var status = CallHeaders(position, HeadersMap, endStream);
            if (generation != _generation)
                return;
            stage = ref _stages[position];
            stage.Running = false;
            if (stage.TakeResumeRequest())
                status = FilterStatus.Continue;
            var added = stage.TakeAdded();
            if (status == FilterStatus.Continue)
            {
                if (added == Added.Nothing)
                    continue;
                RunHeaders(position + 1, endStream: false);
                if (generation == _generation)
                    PassAdded(position, added, endStream);
                return;
            }

            stage.State = status == FilterStatus.Pause ? StageState.Paused : StageState.Holding;
            stage.HeadersHeld = true;
            stage.SeenEnd = endStream;
            stage.SeenTrailers = (added & Added.Trailers) != 0;
            CheckLimits(ref stage);
            return;
        }

        EmitHeaders(endStream);
    }

    private void RunData(int position, ByteQueue data, bool endStream)
    {
        if (data.IsEmpty && !endStream)
            return;
        var generation = _generation;
        for (; position < _count; position++)
        {
            ref var stage = ref _stages[position];
            if (stage.State == StageState.Paused)
            {
                Keep(ref stage.Unseen, data);
                stage.UnseenEnd |= endStream;
                CheckLimits(ref stage);
                return;
            }

            stage.Running = true;
            var status = CallData(position, data, endStream);
            if (generation != _generation)
            {
                data.Clear();
                return;
            }

            stage = ref _stages[position];
            stage.Running = false;
            if (stage.TakeResumeRequest())
                status = FilterStatus.Continue;
            var added = stage.TakeAdded();
            switch (status)
            {
                case FilterStatus.Continue when stage.State == StageState.Open && added == Added.Nothing:
                    continue;
                case FilterStatus.Take:
                    data.Clear();
                    return;
                default:
                    Keep(ref stage.Seen, data);
                    stage.SeenEnd |= endStream;
                    stage.SeenTrailers |= (added & Added.Trailers) != 0;
                    break;
            }

            if (status == FilterStatus.Continue)
            {
                stage.State = StageState.Open;
                Release(position);
                return;
            }

            stage.State = status == FilterStatus.Pause ? StageState.Paused : StageState.Holding;
            CheckLimits(ref stage);
            return;
        }

        EmitData(data, endStream);
    }

    private void RunTrailers(int position)
    {
        var generation = _generation;
        for (; position < _count; position++)
        {
            ref var stage = ref _stages[position];
            if (stage.State == StageState.Paused)
            {
                stage.UnseenTrailers = true;
                return;
            }

            stage.Running = true;
            var status = CallTrailers(position, TrailersMap);
            if (generation != _generation)
                return;
            stage = ref _stages[position];
            stage.Running = false;
            if (stage.TakeResumeRequest())
                status = FilterStatus.Continue;
            _ = stage.TakeAdded();
            if (status == FilterStatus.Continue && stage.State == StageState.Open && stage.Seen is not { IsEmpty: false })
                continue;
            stage.SeenTrailers = true;
            if (status == FilterStatus.Continue)
            {
                stage.State = StageState.Open;
                Release(position);
                return;
            }

            stage.State = status == FilterStatus.Pause ? StageState.Paused : StageState.Holding;
            return;
        }

        EmitTrailers();
    }

    /// <summary>Passes on, in order, what an open stage has kept; stops where a later hook ends the stream or this stage stops again.</summary>
    private void Release(int position)
    {
        var generation = _generation;
        ref var stage = ref _stages[position];
        var somethingFollows = stage.Seen is { IsEmpty: false } || stage.SeenTrailers || stage.Unseen is { IsEmpty: false } || stage.UnseenEnd || stage.UnseenTrailers;
        if (stage.HeadersHeld)
        {
            var end = stage.SeenEnd && !somethingFollows;
            if (end)
                stage.SeenEnd = false;
            ReleaseHeaders(position, end);
            if (generation != _generation)
                return;
        }

        stage = ref _stages[position];
        if (stage.Seen is { IsEmpty: false } || (stage.SeenEnd && !stage.SeenTrailers))
        {
            var seen = stage.Seen ??= NewQueue();
            var end = stage.SeenEnd && !stage.SeenTrailers;
            stage.SeenEnd = false;
            stage.Seen = null;
            OnReleased();
            RunData(position + 1, seen, end);
            // The emptied queue serves again, also in the next stream.
            _stages[position].Seen ??= seen;
            if (generation != _generation)
                return;
        }

        stage = ref _stages[position];
        if (stage.SeenTrailers)
        {
            stage.SeenTrailers = stage.SeenEnd = false;
            RunTrailers(position + 1);
            return;
        }

        if (stage.Unseen is { IsEmpty: false } || stage.UnseenEnd)
        {
            var unseen = stage.Unseen ??= NewQueue();
            var end = stage.UnseenEnd;
            stage.UnseenEnd = false;
            stage.Unseen = null;
            OnReleased();
            RunData(position, unseen, end);
            _stages[position].Unseen ??= unseen;
            if (generation != _generation)
                return;
            stage = ref _stages[position];
        }

        if (stage.UnseenTrailers && stage.State != StageState.Paused)
        {
            stage.UnseenTrailers = false;
            RunTrailers(position);
        }
    }

    private void ReleaseHeaders(int position, bool endStream)
    {
        _stages[position].HeadersHeld = false;
        RunHeaders(position + 1, endStream);
    }

    /// <summary>After headers that passed: the body, or the trailers, that their filter added.</summary>
    private void PassAdded(int position, Added added, bool wasEnd)
    {
        var generation = _generation;
        ref var stage = ref _stages[position];
        var trailers = (added & Added.Trailers) != 0;
        if (stage.Seen is { IsEmpty: false } body)
        {
            stage.Seen = null;
            OnReleased();
            RunData(position + 1, body, wasEnd && !trailers);
            _stages[position].Seen ??= body;
            if (generation != _generation)
                return;
        }

        if (trailers)
            RunTrailers(position + 1);
    }

    private void Keep(ref ByteQueue? queue, ByteQueue data)
    {
        (queue ??= NewQueue()).Keep(data);
    }

    // Counted where it matters, not as it comes and goes: filters may change what they hold.
    private long CountKept()
    {
        var kept = 0L;
        for (var i = 0; i < _count; i++)
            kept += (_stages[i].Seen?.Length ?? 0) + (_stages[i].Unseen?.Length ?? 0);
        return kept;
    }

    private bool IsPaused
    {
        get
        {
            for (var i = 0; i < _count; i++)
            {
                if (_stages[i].State == StageState.Paused)
                    return true;
            }

            return false;
        }
    }

    private void OnReleased()
    {
        if (_sourceDisabled && CountKept() <= BufferLimit / 2)
            SetSourceDisabled(false);
    }

    private void CheckLimits(ref Stage stage)
    {
        if (BufferLimit == 0 || CountKept() <= BufferLimit)
            return;
        if (stage.State == StageState.Paused)
            SetSourceDisabled(true);
        // What another stage keeps, to be released in a moment perhaps, is not this one's fault.
        else if (stage.Seen is { } seen && seen.Length > BufferLimit)
            OnHeldTooMuch();
    }

    private void SetSourceDisabled(bool disabled)
    {
        if (_sourceDisabled == disabled)
            return;
        _sourceDisabled = disabled;
        DisableSource(disabled);
    }

    [Flags]
    private enum Added : byte
    {
        Nothing = 0,
        Body = 1,
        Trailers = 2,
    }

    private struct Stage
    {
        public StageState State;
        public bool Running;
        public bool ResumeRequested;
        public bool HeadersHeld;
        public bool BodyAdded;
        public bool TrailersAdded;
        public bool SeenEnd;
        public bool SeenTrailers;
        public bool UnseenEnd;
        public bool UnseenTrailers;
        public ByteQueue? Seen;
        public ByteQueue? Unseen;

        public bool TakeResumeRequest()
        {
            var requested = ResumeRequested;
            ResumeRequested = false;
            return requested;
        }

        public Added TakeAdded()
        {
            var added = (BodyAdded ? Added.Body : 0) | (TrailersAdded ? Added.Trailers : 0);
            BodyAdded = TrailersAdded = false;
            return added;
        }

        /// <summary>Empty again; the queues stay for the next stream.</summary>
        public void Clear()
        {
            Seen?.Clear();
            Unseen?.Clear();
            var (seen, unseen) = (Seen, Unseen);
            this = default;
            (Seen, Unseen) = (seen, unseen);
        }
    }
}

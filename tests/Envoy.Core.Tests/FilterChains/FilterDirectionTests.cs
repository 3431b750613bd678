using System.Text;
using Envoy.Buffers;
using Envoy.Core.Tests.Clusters;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Core.Tests.FilterChains;

/// <summary>
/// Every event × status × end of stream: whatever the filter in the middle returns, and whenever it resumes, what comes out behind it is the
/// message that went in, in order and once.
/// </summary>
[TestFixture]
internal sealed class FilterDirectionTests
{
    private Worker _worker = null!;

    public enum Shape
    {
        Headers,
        HeadersData,
        HeadersDataData,
        HeadersTrailers,
        HeadersDataTrailers,
        HeadersDataEmptyEnd,
    }

    public enum Timing
    {
        InsideTheHook,
        AfterEachEvent,
        AfterTheEnd,
    }

    [SetUp]
    public void SetUp() => _worker = new Worker(0, "test", new WorkerOptions
    {
        Engine = new QuietEngine(),
        TimeProvider = TimeProvider.System,
        Logger = NullLogger.Instance,
    });

    [TearDown]
    public void TearDown() => _worker.Stop();

    [Test]
    public void Direction_AnyStatusAnywhere_PassesTheWholeMessageOnceAndInOrder(
        [Values] Shape shape, [Values] FilterStatus onHeaders, [Values] FilterStatus onData, [Values] FilterStatus onTrailers, [Values] Timing timing)
    {
        var direction = new Direction(_worker, onHeaders, onData, onTrailers, timing);
        direction.Reset(3);
        Feed(direction, shape, timing);
        direction.Finish();
        Assert.That(direction.Output, Is.EqualTo(Expected(shape)), () => string.Join(' ', direction.Calls));
        Assert.That(direction.SourceDisabled, Is.False);
    }

    [Test]
    public void Hold_MoreThanTheLimit_IsReported()
    {
        var direction = new Direction(_worker, FilterStatus.Hold, FilterStatus.Hold, FilterStatus.Hold, Timing.AfterTheEnd) { Limit = 10 };
        direction.Reset(3);
        direction.Headers(endStream: false);
        direction.Data(Bytes("0123456789"), endStream: false);
        Assert.That(direction.HeldTooMuch, Is.Zero);
        direction.Data(Bytes("x"), endStream: false);
        Assert.That(direction.HeldTooMuch, Is.EqualTo(1));
    }

    [Test]
    public void Pause_MoreThanTheLimit_DisablesTheSourceUntilHalfIsGone()
    {
        var direction = new Direction(_worker, FilterStatus.Pause, FilterStatus.Continue, FilterStatus.Continue, Timing.AfterTheEnd) { Limit = 10 };
        direction.Reset(3);
        direction.Headers(endStream: false);
        direction.Data(Bytes("0123456789x"), endStream: false);
        Assert.That(direction.SourceDisabled, Is.True);
        direction.Resume(1);
        Assert.That(direction.SourceDisabled, Is.False);
        Assert.That(direction.Output, Is.EqualTo("H 0123456789x"));
    }

    [Test]
    public void Pause_AfterWhatWasHeldHasBeenTakenOut_CountsOnlyWhatIsThere()
    {
        var direction = new Direction(_worker, FilterStatus.Continue, FilterStatus.Hold, FilterStatus.Continue, Timing.AfterTheEnd) { Limit = 10, EmptiesHeld = true };
        direction.Reset(3);
        direction.Headers(endStream: false);
        for (var i = 0; i < 5; i++)
            direction.Data(Bytes("0123"), endStream: false);
        Assert.That((direction.HeldTooMuch, direction.SourceDisabled), Is.EqualTo((0, false)));
        direction.OnData = FilterStatus.Pause;
        direction.Data(Bytes("0123"), endStream: false);
        Assert.That(direction.SourceDisabled, Is.False, "4 of 10 bytes are kept");
        direction.Data(Bytes("456789x"), endStream: false);
        Assert.That(direction.SourceDisabled, Is.True);
        direction.OnData = FilterStatus.Continue;
        direction.Resume(1);
        Assert.That(direction.SourceDisabled, Is.False);
    }

    [Test]
    public void Resume_WhileALaterStageHoldsMoreThanHalf_EnablesTheSource()
    {
        var direction = new Direction(_worker, FilterStatus.Continue, FilterStatus.Continue, FilterStatus.Continue, Timing.AfterTheEnd) { Limit = 10, LastHolds = true };
        direction.Reset(3);
        direction.Headers(endStream: false);
        direction.Data(Bytes("012345"), endStream: false);
        direction.OnData = FilterStatus.Pause;
        direction.Data(Bytes("6789x"), endStream: false);
        Assert.That(direction.SourceDisabled, Is.True);
        // Of what was paused only a part goes on.
        direction.Held(1).Drain(3);
        direction.OnData = FilterStatus.Continue;
        direction.Resume(1);
        Assert.That((direction.SourceDisabled, direction.HeldTooMuch), Is.EqualTo((false, 0)));
        direction.Data(Bytes("y"), endStream: true);
        Assert.That(direction.Output, Is.EqualTo("H 0123459xy end"));
    }

    [Test]
    public void End_WhileHolding_DropsEverythingAndEnablesTheSource()
    {
        var direction = new Direction(_worker, FilterStatus.Pause, FilterStatus.Continue, FilterStatus.Continue, Timing.AfterTheEnd) { Limit = 1 };
        direction.Reset(3);
        direction.Headers(endStream: false);
        direction.Data(Bytes("abc"), endStream: true);
        direction.End();
        direction.Resume(1);
        Assert.Multiple(() =>
        {
            Assert.That(direction.Output, Is.Empty);
            Assert.That(direction.SourceDisabled, Is.False);
        });
    }

    [Test]
    public void Add_InTheHeaderHookOfABodilessMessage_BecomesTheBody([Values(FilterStatus.Continue, FilterStatus.Hold, FilterStatus.Pause)] FilterStatus status)
    {
        var direction = new Direction(_worker, status, FilterStatus.Continue, FilterStatus.Continue, Timing.AfterTheEnd) { BodyToAdd = Bytes("added") };
        direction.Reset(3);
        direction.Headers(endStream: true);
        direction.Resume(1);
        Assert.That(direction.Output, Is.EqualTo("H added end"));
    }

    [Test]
    public void AddTrailers_InTheHookThatSeesTheEnd_EndsWithThem([Values] bool atHeaders)
    {
        var direction = new Direction(_worker, FilterStatus.Continue, FilterStatus.Continue, FilterStatus.Continue, Timing.AfterTheEnd) { TrailersToAdd = true };
        direction.Reset(3);
        direction.Headers(endStream: atHeaders);
        if (!atHeaders)
            direction.Data(Bytes("abc"), endStream: true);
        Assert.That(direction.Output, Is.EqualTo(atHeaders ? "H T" : "H abc T"));
    }

    private static string Expected(Shape shape) => shape switch
    {
        Shape.Headers => "H end",
        Shape.HeadersData => "H abc end",
        Shape.HeadersDataData => "H abcdef end",
        Shape.HeadersTrailers => "H T",
        Shape.HeadersDataTrailers => "H abc T",
        _ => "H abc end",
    };

    private void Feed(Direction direction, Shape shape, Timing timing)
    {
        Step(() => direction.Headers(endStream: shape == Shape.Headers));
        if (shape is not (Shape.Headers or Shape.HeadersTrailers))
            Step(() => direction.Data(Bytes("abc"), endStream: shape == Shape.HeadersData));
        if (shape == Shape.HeadersDataData)
            Step(() => direction.Data(Bytes("def"), endStream: true));
        if (shape == Shape.HeadersDataEmptyEnd)
            Step(() => direction.Data(new ByteQueue(_worker), endStream: true));
        if (shape is Shape.HeadersTrailers or Shape.HeadersDataTrailers)
            Step(direction.Trailers);

        void Step(Action feed)
        {
            feed();
            if (timing == Timing.AfterEachEvent)
                direction.GiveBackAndResume();
        }
    }

    private ByteQueue Bytes(string text)
    {
        var queue = new ByteQueue(_worker);
        queue.Append(Encoding.ASCII.GetBytes(text));
        return queue;
    }

    /// <summary>Three filters, of which the one in the middle does as told; what comes out behind the last is written down.</summary>
    private sealed class Direction(Worker worker, FilterStatus onHeaders, FilterStatus onData, FilterStatus onTrailers, Timing timing) : FilterDirection
    {
        private readonly StringBuilder _output = new();
        private readonly StringBuilder _body = new();
        private readonly ByteQueue _taken = new(worker);
        private bool _takenEnd;

        public FilterStatus OnData { get; set; } = onData;

        public bool EmptiesHeld { get; init; }

        /// <summary>The last filter holds until the end.</summary>
        public bool LastHolds { get; init; }

        public List<string> Calls { get; } = [];

        public long Limit { get; init; } = 1024;

        public ByteQueue? BodyToAdd { get; set; }

        public bool TrailersToAdd { get; init; }

        public int HeldTooMuch { get; private set; }

        public bool SourceDisabled { get; private set; }

        public string Output
        {
            get
            {
                var all = _output.ToString();
                return (_body.Length > 0 ? all + _body : all).Trim();
            }
        }

        protected override HeaderMap HeadersMap { get; } = new();

        protected override HeaderMap TrailersMap { get; } = new();

        protected override long BufferLimit => Limit;

        /// <summary>What the filter took goes back into the stream, then it resumes.</summary>
        public void GiveBackAndResume()
        {
            if (!_taken.IsEmpty || _takenEnd)
            {
                var end = _takenEnd;
                _takenEnd = false;
                Inject(1, _taken, end);
            }

            Resume(1);
        }

        /// <summary>Late as can be: resumes until nothing comes any more.</summary>
        public void Finish()
        {
            for (var i = 0; i < 4; i++)
                GiveBackAndResume();
        }

        protected override FilterStatus CallHeaders(int position, HeaderMap headers, bool endStream)
        {
            if (position != 1)
                return FilterStatus.Continue;
            Calls.Add("headers");
            if (BodyToAdd is { } body)
                Add(1, body);
            if (TrailersToAdd && endStream)
                AddTrailers(1);
            return Answer(onHeaders);
        }

        protected override FilterStatus CallData(int position, ByteQueue data, bool endStream)
        {
            if (position == 2 && LastHolds && !endStream)
                return FilterStatus.Hold;
            if (position != 1)
                return FilterStatus.Continue;
            if (EmptiesHeld)
                Held(1).Clear();
            Calls.Add($"data({data},{endStream})");
            if (TrailersToAdd && endStream)
                AddTrailers(1);
            if (OnData == FilterStatus.Take)
            {
                _taken.Append(data);
                _takenEnd |= endStream;
                return FilterStatus.Take;
            }

            return Answer(OnData);
        }

        protected override FilterStatus CallTrailers(int position, HeaderMap trailers)
        {
            if (position != 1)
                return FilterStatus.Continue;
            Calls.Add("trailers");
            // A filter that took the body has to let go of it before the trailers pass.
            if (!_taken.IsEmpty && (onTrailers == FilterStatus.Continue || timing == Timing.InsideTheHook))
                Inject(1, _taken, endStream: false);
            return Answer(onTrailers);
        }

        protected override void EmitHeaders(bool endStream) => _output.Append(endStream ? "H end" : "H ");

        protected override void EmitData(ByteQueue data, bool endStream)
        {
            _body.Append(data);
            data.Clear();
            if (endStream)
                FlushBody("end");
        }

        protected override void EmitTrailers() => FlushBody("T");

        protected override ByteQueue NewQueue() => new(worker);

        protected override void OnHeldTooMuch() => HeldTooMuch++;

        protected override void DisableSource(bool disable) => SourceDisabled = disable;

        private FilterStatus Answer(FilterStatus status)
        {
            if (timing == Timing.InsideTheHook && status != FilterStatus.Continue)
                Resume(1);
            return status;
        }

        private void FlushBody(string end)
        {
            if (_body.Length > 0)
                _output.Append(_body).Append(' ');
            _body.Clear();
            _output.Append(end);
        }
    }
}

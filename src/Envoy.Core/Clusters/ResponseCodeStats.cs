using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// Answers counted by status code and by class of codes, and how long they took. The statistics of a code are made when it is first seen, as
/// in Envoy; only 100 to 599 have one, all else is <c>upstream_rq_unknown</c>, so that a peer cannot make names. Worker-owned.
/// </summary>
internal sealed class ResponseCodeStats
{
    private const int FirstCode = 100;
    private const int CodeCount = 500;

    private readonly StatsScope _scope;
    private readonly string _prefix;
    private readonly int _shard;
    private readonly CounterCell[] _classes = new CounterCell[5];
    private readonly bool[] _hasClass = new bool[5];
    private CounterCell _completed;
    private CounterCell _unknown;
    private bool _hasCompleted;
    private bool _hasUnknown;
    private HistogramCell? _time;

    // Index by code into _codes, plus one; few of the five hundred codes are ever seen.
    private ushort[]? _indexes;
    private CounterCell[] _codes = [];
    private int _codesUsed;

    /// <summary>Makes no statistic yet.</summary>
    /// <param name="scope"><c>cluster.NAME</c>.</param>
    /// <param name="prefix">Empty, or a category with its dot (<c>external.</c>).</param>
    /// <param name="shard">The worker's shard.</param>
    public ResponseCodeStats(StatsScope scope, string prefix, int shard)
    {
        _scope = scope;
        _prefix = prefix;
        _shard = shard;
    }

    /// <summary>Counts an answer: <c>upstream_rq_completed</c>, <c>upstream_rq_2xx</c>, <c>upstream_rq_200</c>.</summary>
    /// <param name="code">The status.</param>
    /// <param name="withCode">False: <c>upstream_rq_completed</c> alone.</param>
    public void Charge(int code, bool withCode = true)
    {
        if (!_hasCompleted)
        {
            _completed = _scope.Counter(_prefix + "upstream_rq_completed", _shard);
            _hasCompleted = true;
        }

        _completed.Inc();
        if (!withCode)
            return;
        var offset = code - FirstCode;
        if ((uint)offset >= CodeCount)
        {
            ChargeUnknown();
            return;
        }

        var codeClass = offset / 100;
        if (!_hasClass[codeClass])
        {
            _classes[codeClass] = _scope.Counter($"{_prefix}upstream_rq_{codeClass + 1}xx", _shard);
            _hasClass[codeClass] = true;
        }

        _classes[codeClass].Inc();
        var index = _indexes is null ? 0 : _indexes[offset];
        if (index == 0)
            index = Add(code);
        _codes[index - 1].Inc();
    }

    /// <summary>Records <c>upstream_rq_time</c>.</summary>
    public void ChargeTime(long milliseconds) => (_time ??= _scope.Histogram(_prefix + "upstream_rq_time", _shard)).Record(milliseconds);

    private void ChargeUnknown()
    {
        if (!_hasUnknown)
        {
            _unknown = _scope.Counter(_prefix + "upstream_rq_unknown", _shard);
            _hasUnknown = true;
        }

        _unknown.Inc();
    }

    private int Add(int code)
    {
        _indexes ??= new ushort[CodeCount];
        if (_codesUsed == _codes.Length)
            Array.Resize(ref _codes, Math.Max(4, _codesUsed * 2));
        _codes[_codesUsed++] = _scope.Counter($"{_prefix}upstream_rq_{code}", _shard);
        _indexes[code - FirstCode] = (ushort)_codesUsed;
        return _codesUsed;
    }
}

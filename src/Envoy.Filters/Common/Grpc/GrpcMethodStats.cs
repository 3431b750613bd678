using Envoy.Stats;

namespace Envoy.Filters.Common.Grpc;

/// <summary>
/// What the calls of one method count, Envoy's names under <c>cluster.NAME.grpc.SERVICE.METHOD.</c>, or under <c>cluster.NAME.grpc.</c> where no method is
/// told apart. A counter is made when it first counts. Worker-owned.
/// </summary>
internal sealed class GrpcMethodStats(StatsScope scope, int shard)
{
    // grpc/status.h: 0 to 16.
    private readonly CounterCell?[] _statuses = new CounterCell?[17];
    private CounterCell? _success;
    private CounterCell? _failure;
    private CounterCell? _total;
    private CounterCell? _requestMessages;
    private CounterCell? _responseMessages;
    private HistogramCell? _upstreamTime;

    /// <summary>A call has ended with this status, as the header has it.</summary>
    public void CountStatus(ReadOnlySpan<byte> status)
    {
        // One that gRPC does not know has no counter of its own: an upstream could make any number of them.
        if (System.Buffers.Text.Utf8Parser.TryParse(status, out uint code, out var read) && read == status.Length && code < _statuses.Length)
            (_statuses[code] ??= scope.Counter(code.ToString(System.Globalization.CultureInfo.InvariantCulture), shard)).Inc();
        CountOutcome(status.SequenceEqual("0"u8));
    }

    /// <summary>A call has ended well, or not.</summary>
    public void CountOutcome(bool success)
    {
        if (success)
            (_success ??= scope.Counter("success", shard)).Inc();
        else
            (_failure ??= scope.Counter("failure", shard)).Inc();
        (_total ??= scope.Counter("total", shard)).Inc();
    }

    public void CountRequestMessages(long messages) => (_requestMessages ??= scope.Counter("request_message_count", shard)).Add(messages);

    public void CountResponseMessages(long messages) => (_responseMessages ??= scope.Counter("response_message_count", shard)).Add(messages);

    public void RecordUpstreamTime(long milliseconds) => (_upstreamTime ??= scope.Histogram("upstream_rq_time", shard)).Record(milliseconds);
}

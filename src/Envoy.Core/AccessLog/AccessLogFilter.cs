using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Runtime;
using Envoy.RuntimeSettings;

namespace Envoy.AccessLog;

/// <summary>A condition on an exchange, compiled; what access logs are filtered with, and local replies are told apart by. Immutable.</summary>
internal abstract class AccessLogFilter
{
    /// <summary>Compiles a condition; null, and why, when it is wrong.</summary>
    public static AccessLogFilter? TryCompile(AccessLogFilterConfig config, out string error)
    {
        error = "";
        switch (config)
        {
            case StatusCodeFilterConfig status:
                return new Compared(status.Comparison, static context => context.Info.ResponseCode);
            case DurationFilterConfig duration:
                return new Compared(duration.Comparison, static context => context.Info.DurationMilliseconds);
            case NotHealthCheckFilterConfig:
                return new NotHealthCheck();
            case RuntimeFilterConfig runtime:
                if (runtime.RuntimeKey.Length == 0)
                    error = "runtime_filter needs a runtime_key";
                return error.Length > 0 ? null : new Sampled(runtime);
            case AndFilterConfig and:
                return TryCompile(and.Filters, out error) is { } all ? new Combined(all, isAnd: true) : null;
            case OrFilterConfig or:
                return TryCompile(or.Filters, out error) is { } any ? new Combined(any, isAnd: false) : null;
            case HeaderFilterConfig header:
                return HeaderMatcher.TryCompile(header.Header, out error) is { } matcher ? new OfHeader(matcher) : null;
            case ResponseFlagFilterConfig flags:
                return TryCompile(flags, out error);
            case GrpcStatusFilterConfig grpc:
                return new OfGrpcStatus([.. grpc.Statuses], grpc.Exclude);
            case LogTypeFilterConfig types:
                return new OfType([.. types.Types.Select(static t => t.ToString())], types.Exclude);
            default:
                error = $"'{config.GetType().Name}' is not one of the known filters";
                return null;
        }
    }

    /// <summary>Whether the condition holds.</summary>
    public abstract bool Passes(FormatContext context, Room room);

    /// <summary>Makes the worker's engines before the first exchange needs them.</summary>
    public virtual void Warm(MatchScratch scratch)
    {
    }

    private static AccessLogFilter[]? TryCompile(ValueList<AccessLogFilterConfig> configs, out string error)
    {
        error = configs.Count < 2 ? "needs two filters or more" : "";
        var filters = new AccessLogFilter[configs.Count];
        for (var i = 0; i < filters.Length && error.Length == 0; i++)
            filters[i] = TryCompile(configs[i], out error)!;
        return error.Length == 0 ? filters : null;
    }

    private static OfFlags? TryCompile(ResponseFlagFilterConfig config, out string error)
    {
        error = "";
        var wanted = ResponseFlags.None;
        foreach (var name in config.Flags)
        {
            if (!ResponseFlagNames.TryParse(name, out var flag))
            {
                error = $"'{name}' is not a response flag";
                return null;
            }

            wanted |= flag;
        }

        return new OfFlags(wanted);
    }

    /// <summary>What conditions need of the worker they run on. Worker-owned.</summary>
    internal sealed class Room(Worker worker, RuntimeLoader runtime)
    {
        private readonly HeaderMap _noHeaders = new();

        public MatchScratch Scratch { get; } = MatchScratch.Of(worker);

        public RuntimeSnapshot Runtime => runtime.Current;

        public Random Random => worker.Random;

        /// <summary>A TCP session has no headers: no condition on one holds, but for those that hold without it.</summary>
        public HeaderMap HeadersOf(FormatContext context) => context.RequestHeaders ?? _noHeaders;
    }

    private sealed class Compared(ComparisonConfig config, Func<FormatContext, long> read) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room)
        {
            var actual = read(context);
            var wanted = config.RuntimeKey.Length == 0 ? config.Value : (long)Math.Min(room.Runtime.GetInteger(config.RuntimeKey, config.Value), long.MaxValue);
            return config.Operator switch
            {
                ComparisonOperator.GreaterOrEqual => actual >= wanted,
                ComparisonOperator.LessOrEqual => actual <= wanted,
                ComparisonOperator.NotEqual => actual != wanted,
                _ => actual == wanted,
            };
        }
    }

    private sealed class NotHealthCheck : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room) => !context.Info.IsHealthCheck;
    }

    private sealed class Sampled(RuntimeFilterConfig config) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room)
        {
            if (config.UseIndependentRandomness || !TryReadId(room.HeadersOf(context), out var random))
                random = (ulong)room.Random.NextInt64();
            // A key's number counts in the denominator that is configured here, unlike a route's.
            var whole = config.PercentSampled.Whole;
            return random % whole < Math.Min(room.Runtime.GetInteger(config.RuntimeKey, config.PercentSampled.Numerator), whole);
        }

        // The first eight digits of the id, which every proxy on the way reads alike.
        private static bool TryReadId(HeaderMap headers, out ulong number)
        {
            number = 0;
            if (!headers.TryGet(HeaderId.XRequestId, out var id) || id.Length < 8)
                return false;
            return System.Buffers.Text.Utf8Parser.TryParse(id[..8], out number, out var read, 'x') && read == 8;
        }
    }

    private sealed class Combined(AccessLogFilter[] filters, bool isAnd) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room)
        {
            foreach (var filter in filters)
            {
                if (filter.Passes(context, room) != isAnd)
                    return !isAnd;
            }

            return isAnd;
        }

        public override void Warm(MatchScratch scratch)
        {
            foreach (var filter in filters)
                filter.Warm(scratch);
        }
    }

    private sealed class OfHeader(HeaderMatcher matcher) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room) => matcher.Matches(room.HeadersOf(context), room.Scratch);

        public override void Warm(MatchScratch scratch) => matcher.Warm(scratch);
    }

    private sealed class OfFlags(ResponseFlags wanted) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room) =>
            wanted == ResponseFlags.None ? context.Info.ResponseFlags != ResponseFlags.None : (context.Info.ResponseFlags & wanted) != ResponseFlags.None;
    }

    private sealed class OfGrpcStatus(int[] statuses, bool exclude) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room)
        {
            var status = Read(context.ResponseTrailers) ?? Read(context.ResponseHeaders) ?? GrpcStatusMapping.FromHttp(context.Info.ResponseCode);
            return statuses.AsSpan().Contains(status) != exclude;
        }

        private static int? Read(HeaderMap? headers) =>
            headers is not null && headers.TryGet(HeaderId.GrpcStatus, out var text)
            && System.Buffers.Text.Utf8Parser.TryParse(text, out int status, out var read) && read == text.Length ? status : null;
    }

    private sealed class OfType(string[] types, bool exclude) : AccessLogFilter
    {
        public override bool Passes(FormatContext context, Room room) => types.AsSpan().Contains(context.AccessLogType) != exclude;
    }
}

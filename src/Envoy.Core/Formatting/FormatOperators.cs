using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Formatting;

/// <summary>Envoy's operators by name: which parameters they take and how their values are found. Immutable.</summary>
internal static class FormatOperators
{
    private static readonly FrozenDictionary<string, Rule> Rules = Build().ToFrozenDictionary(StringComparer.Ordinal);

    private delegate FormatOperator? Maker(string parameters, int? length, out string error);

    /// <summary>What may stand behind an operator's name.</summary>
    [Flags]
    private enum Syntax
    {
        NameOnly = 0,
        Parameters = 1,
        ParametersRequired = 2 | Parameters,
        Length = 4,
    }

    /// <summary>Makes an operator; null, and why in Envoy's words, when there is none or its parameters are wrong.</summary>
    public static FormatOperator? TryMake(string name, string parameters, int? length, out string error)
    {
        error = "";
        if (!Rules.TryGetValue(name, out var rule))
            error = $"Not supported field in StreamInfo: {name}";
        else if (rule.Syntax == Syntax.NameOnly && (parameters.Length > 0 || length is not null))
            error = $"{name} does not take any parameters or length";
        else if ((rule.Syntax & Syntax.ParametersRequired) == Syntax.ParametersRequired && parameters.Length == 0)
            error = $"{name} requires parameters";
        else if ((rule.Syntax & Syntax.Length) == 0 && length is not null)
            error = $"{name} does not allow length to be specified.";
        else
            return rule.Make(parameters, length, out error);
        return null;
    }

    private static Dictionary<string, Rule> Build()
    {
        var rules = new Dictionary<string, Rule>(StringComparer.Ordinal);
        AddHeaders(rules);
        AddTimes(rules);
        AddSizes(rules);
        AddExchange(rules);
        AddAddresses(rules);
        AddTls(rules);
        AddWithoutValues(rules);
        return rules;
    }

    private static void AddHeaders(Dictionary<string, Rule> rules)
    {
        foreach (var name in new[] { "REQ", "REQUEST_HEADER" })
            rules.Add(name, new Rule(Syntax.ParametersRequired | Syntax.Length, (string p, int? l, out string e) => HeaderOperators.Header(static c => c.RequestHeaders, p, l, out e)));
        foreach (var name in new[] { "RESP", "RESPONSE_HEADER" })
            rules.Add(name, new Rule(Syntax.ParametersRequired | Syntax.Length, (string p, int? l, out string e) => HeaderOperators.Header(static c => c.ResponseHeaders, p, l, out e)));
        foreach (var name in new[] { "TRAILER", "RESPONSE_TRAILER" })
            rules.Add(name, new Rule(Syntax.ParametersRequired | Syntax.Length, (string p, int? l, out string e) => HeaderOperators.Header(static c => c.ResponseTrailers, p, l, out e)));
        rules.Add("PATH", new Rule(Syntax.Parameters | Syntax.Length, HeaderOperators.Path));
        rules.Add("QUERY_PARAM", new Rule(Syntax.ParametersRequired | Syntax.Length, HeaderOperators.QueryParameter));
        rules.Add("QUERY_PARAMS", new Rule(Syntax.Parameters | Syntax.Length, HeaderOperators.QueryParameters));
        rules.Add("REQ_WITHOUT_QUERY", new Rule(Syntax.ParametersRequired | Syntax.Length, HeaderOperators.WithoutQuery));
        rules.Add("GRPC_STATUS", new Rule(Syntax.Parameters, HeaderOperators.GrpcStatus));
        rules.Add("GRPC_STATUS_NUMBER", Of(HeaderOperators.GrpcStatusNumber));
        rules.Add("STREAM_ID", Of(FormatOperator.Text(static (c, o) => HeaderOperators.WriteFirst(c.RequestHeaders, HeaderId.XRequestId, o))));
    }

    private static void AddTimes(Dictionary<string, Rule> rules)
    {
        rules.Add("START_TIME", new Rule(Syntax.Parameters, (string p, int? _, out string e) => Time(static c => c.Info.StartTime, p, local: false, out e)));
        rules.Add("START_TIME_LOCAL", new Rule(Syntax.Parameters, (string p, int? _, out string e) => Time(static c => c.Info.StartTime, p, local: true, out e)));
        rules.Add("EMIT_TIME", new Rule(Syntax.Parameters, (string p, int? _, out string e) => Time(static c => c.Clock.GetUtcNow(), p, local: false, out e)));
        rules.Add("EMIT_TIME_LOCAL", new Rule(Syntax.Parameters, (string p, int? _, out string e) => Time(static c => c.Clock.GetUtcNow(), p, local: true, out e)));
        rules.Add("DURATION", Number(static c => c.Info.DurationMilliseconds));
        rules.Add("REQUEST_DURATION", Number(static c => Milliseconds(c.Info.Times.LastDownstreamRx)));
        rules.Add("REQUEST_TX_DURATION", Number(static c => Milliseconds(c.Info.Times.LastUpstreamTx)));
        rules.Add("RESPONSE_DURATION", Number(static c => Milliseconds(c.Info.Times.FirstUpstreamRx)));
        rules.Add("RESPONSE_TX_DURATION", Number(static c => Between(c.Info.Times.FirstUpstreamRx, c.Info.Times.LastDownstreamTx) is >= 0 and var d ? d / 1_000_000 : -1));
        rules.Add("DOWNSTREAM_HANDSHAKE_DURATION", Number(static c => Milliseconds(c.Info.Times.DownstreamHandshakeEnd)));
        rules.Add("ROUNDTRIP_DURATION", Number(static c => Milliseconds(c.Info.Times.LastDownstreamAck)));
        rules.Add("UPSTREAM_CONNECTION_POOL_READY_DURATION", Number(static c => -1));
        rules.Add("COMMON_DURATION", new Rule(Syntax.ParametersRequired, CommonDuration));
    }

    private static void AddSizes(Dictionary<string, Rule> rules)
    {
        rules.Add("BYTES_RECEIVED", Number(static c => c.Info.BytesReceived));
        rules.Add("BYTES_SENT", Number(static c => c.Info.BytesSent));
        rules.Add("BYTES_RETRANSMITTED", Number(static c => (long)c.Info.BytesRetransmitted));
        rules.Add("PACKETS_RETRANSMITTED", Number(static c => (long)c.Info.PacketsRetransmitted));
        rules.Add("REQUEST_HEADERS_BYTES", Number(static c => c.RequestHeaders?.ByteSize ?? 0));
        rules.Add("RESPONSE_HEADERS_BYTES", Number(static c => c.ResponseHeaders?.ByteSize ?? 0));
        rules.Add("RESPONSE_TRAILERS_BYTES", Number(static c => c.ResponseTrailers?.ByteSize ?? 0));
    }

    private static void AddExchange(Dictionary<string, Rule> rules)
    {
        rules.Add("PROTOCOL", Text(static c => c.Info.Protocol));
        rules.Add("UPSTREAM_PROTOCOL", Text(static c => c.Info.UpstreamProtocol));
        rules.Add("RESPONSE_CODE", Number(static c => c.Info.ResponseCode));
        rules.Add("RESPONSE_CODE_DETAILS", new Rule(Syntax.Parameters, ResponseCodeDetails));
        rules.Add("CONNECTION_TERMINATION_DETAILS", Text(static c => c.Info.ConnectionTerminationDetails));
        rules.Add("RESPONSE_FLAGS", Of(FormatOperator.Text(static (c, o) => ResponseFlagNames.Write(c.Info.ResponseFlags, longNames: false, o))));
        rules.Add("RESPONSE_FLAGS_LONG", Of(FormatOperator.Text(static (c, o) => ResponseFlagNames.Write(c.Info.ResponseFlags, longNames: true, o))));
        rules.Add("UPSTREAM_REQUEST_ATTEMPT_COUNT", Number(static c => c.Info.AttemptCount));
        rules.Add("ROUTE_NAME", Text(static c => NullIfEmpty(c.Info.RouteName)));
        rules.Add("VIRTUAL_CLUSTER_NAME", Text(static c => NullIfEmpty(c.Info.VirtualClusterName)));
        rules.Add("UPSTREAM_CLUSTER", Text(static c => NullIfEmpty(c.Info.UpstreamClusterStatName ?? c.Info.UpstreamCluster)));
        rules.Add("UPSTREAM_CLUSTER_RAW", Text(static c => NullIfEmpty(c.Info.UpstreamCluster)));
        rules.Add("UPSTREAM_TRANSPORT_FAILURE_REASON", Text(static c => NullIfEmpty(c.Info.UpstreamTransportFailureReason)?.Replace(' ', '_')));
        rules.Add("REQUESTED_SERVER_NAME", Text(static c => NullIfEmpty(c.Info.RequestedServerName) is { } name ? SanitizeHost(name) : null));
        rules.Add("TLS_JA3_FINGERPRINT", Text(static c => NullIfEmpty(c.Info.TlsJa3Fingerprint)));
        rules.Add("TLS_JA4_FINGERPRINT", Text(static c => NullIfEmpty(c.Info.TlsJa4Fingerprint)));
        rules.Add("DOWNSTREAM_TRANSPORT_FAILURE_REASON", Text(static c => NullIfEmpty(c.Info.DownstreamTransportFailureReason)?.Replace(' ', '_')));
        rules.Add("FILTER_CHAIN_NAME", Text(static c => NullIfEmpty(c.Info.FilterChainName)));
        rules.Add("CONNECTION_ID", Number(static c => (long)c.Info.ConnectionId));
        rules.Add("UPSTREAM_CONNECTION_ID", Number(static c => (long)c.Info.UpstreamConnectionId));
        rules.Add("ACCESS_LOG_TYPE", Text(static c => c.AccessLogType));
        rules.Add("HOSTNAME", Of(Constant(Dns.GetHostName())));
        rules.Add("ENVIRONMENT", new Rule(Syntax.ParametersRequired | Syntax.Length, EnvironmentVariable));
        rules.Add("UNIQUE_ID", Of(FormatOperator.Text(WriteUniqueId)));
        rules.Add("LOCAL_REPLY_BODY", Of(FormatOperator.Text(static (c, o) =>
        {
            o.Append(c.LocalReplyBody.Span);
            return true;
        })));
    }

    private static void AddAddresses(Dictionary<string, Rule> rules)
    {
        rules.Add("UPSTREAM_HOST", Text(static c => NullIfEmpty(c.Info.UpstreamHost)));
        rules.Add("UPSTREAM_HOST_NAME", Text(static c => NullIfEmpty(c.Info.UpstreamHostName) ?? NullIfEmpty(c.Info.UpstreamHost)));
        rules.Add("UPSTREAM_HOST_NAME_WITHOUT_PORT", Text(static c => (NullIfEmpty(c.Info.UpstreamHostName) ?? NullIfEmpty(c.Info.UpstreamHost)) is { } host ? WithoutPort(host) : null));
        AddAddress(rules, "UPSTREAM_LOCAL", static c => c.Info.UpstreamLocalAddress);
        AddAddress(rules, "UPSTREAM_REMOTE", static c => c.Info.UpstreamRemoteAddress);
        AddAddress(rules, "DOWNSTREAM_REMOTE", static c => c.Info.DownstreamRemoteAddress);
        AddAddress(rules, "DOWNSTREAM_DIRECT_REMOTE", static c => c.Info.DownstreamDirectRemoteAddress);
        AddAddress(rules, "DOWNSTREAM_LOCAL", static c => c.Info.DownstreamLocalAddress);
        AddAddress(rules, "DOWNSTREAM_DIRECT_LOCAL", static c => c.Info.DownstreamDirectLocalAddress);
    }

    private static void AddAddress(Dictionary<string, Rule> rules, string prefix, Func<FormatContext, EndPoint?> read)
    {
        rules.Add(prefix + "_ADDRESS", Of(FormatOperator.Text((c, o) => AddressText.Write(read(c), withPort: true, o))));
        rules.Add(prefix + "_ADDRESS_WITHOUT_PORT", Of(FormatOperator.Text((c, o) => AddressText.Write(read(c), withPort: false, o))));
        rules.Add(prefix + "_PORT", Number(c => read(c) is IPEndPoint ip ? ip.Port : -1));
    }

    private static void AddTls(Dictionary<string, Rule> rules)
    {
        foreach (var (name, read) in TlsOperators.Texts())
            rules.Add(name, Text(read));
        foreach (var (name, read) in TlsOperators.Times())
            rules.Add(name, new Rule(Syntax.Parameters, (string p, int? _, out string e) => Time(read, p, local: false, out e)));
    }

    /// <summary>Operators that Envoy has and whose values do not exist here yet: they are read, and have none.</summary>
    private static void AddWithoutValues(Dictionary<string, Rule> rules)
    {
        string[] plain =
        [
            "TRACE_ID", "CUSTOM_FLAGS",
        ];
        foreach (var name in plain)
            rules.Add(name, Of(FormatOperator.Nothing));
        foreach (var side in new[] { "UPSTREAM", "DOWNSTREAM" })
        {
            foreach (var size in new[] { "WIRE_BYTES", "HEADER_BYTES", "DECOMPRESSED_HEADER_BYTES" })
            {
                rules.Add($"{side}_{size}_RECEIVED", Number(static _ => 0));
                rules.Add($"{side}_{size}_SENT", Number(static _ => 0));
            }
        }

        rules.Add("DYNAMIC_METADATA", new Rule(Syntax.ParametersRequired | Syntax.Length, ConnectionMetadata));
        foreach (var name in new[] { "CLUSTER_METADATA", "UPSTREAM_METADATA", "FILTER_STATE", "UPSTREAM_FILTER_STATE", "METADATA" })
            rules.Add(name, new Rule(Syntax.ParametersRequired | Syntax.Length, static (string _, int? _, out string e) => None(out e)));
    }

    // Only listener filters note any yet, and theirs are strings below a namespace; they belong to the connection, not to its HTTP requests (as in Envoy).
    private static FormatOperator ConnectionMetadata(string parameters, int? length, out string error)
    {
        error = "";
        if (parameters.Split(':') is not [var nameSpace, var key])
            return FormatOperator.Nothing;
        return FormatOperator.Text(context => context.Info.ConnectionMetadata is { } metadata && metadata.TryGetValue((nameSpace, key), out var value)
            ? length is { } most && value.Length > most ? value[..most] : value
            : null);
    }

    private static FormatOperator None(out string error)
    {
        error = "";
        return FormatOperator.Nothing;
    }

    private static FormatOperator? Time(Func<FormatContext, DateTimeOffset?> read, string parameters, bool local, out string error)
    {
        if (TimeFormat.TryParse(parameters, local, out error) is not { } format)
            return null;
        return FormatOperator.Text((context, output) =>
        {
            if (read(context) is not { } moment)
                return false;
            format.Write(moment, output);
            return true;
        });
    }

    private static FormatOperator? CommonDuration(string parameters, int? length, out string error)
    {
        error = "";
        var parts = parameters.Split(':');
        if (parts.Length is not (2 or 3))
        {
            error = $"Invalid common duration configuration: {parameters}.";
            return null;
        }

        long? unit = parts.Length == 2 ? 1_000_000 : parts[2] switch
        {
            "ms" => 1_000_000,
            "us" => 1_000,
            "ns" => 1,
            _ => null,
        };
        if (unit is not { } nanoseconds)
        {
            error = $"Invalid common duration precision: {parts[2]}.";
            return null;
        }

        var (from, to) = (MomentOf(parts[0]), MomentOf(parts[1]));
        return FormatOperator.Number(context => Between(from(context), to(context)) is >= 0 and var span ? span / nanoseconds : -1);
    }

    // A name that is none of Envoy's may be one that a filter sets; no filter here does.
    private static Func<FormatContext, long> MomentOf(string name) => name switch
    {
        "DS_RX_BEG" => static _ => 1,
        "DS_RX_END" => static c => c.Info.Times.LastDownstreamRx,
        "US_CX_BEG" => static c => c.Info.Times.UpstreamConnectStart,
        "US_CX_END" => static c => c.Info.Times.UpstreamConnectEnd,
        "US_HS_END" => static c => c.Info.Times.UpstreamHandshakeEnd,
        "US_TX_BEG" => static c => c.Info.Times.FirstUpstreamTx,
        "US_TX_END" => static c => c.Info.Times.LastUpstreamTx,
        "US_RX_BEG" => static c => c.Info.Times.FirstUpstreamRx,
        "US_RX_BODY_BEG" => static c => c.Info.Times.FirstUpstreamRxBody,
        "US_RX_END" => static c => c.Info.Times.LastUpstreamRx,
        "DS_TX_BEG" => static c => c.Info.Times.FirstDownstreamTx,
        "DS_TX_END" => static c => c.Info.Times.LastDownstreamTx,
        _ => static _ => 0,
    };

    private static FormatOperator ResponseCodeDetails(string parameters, int? length, out string error)
    {
        error = "";
        var keepsSpaces = parameters == "ALLOW_WHITESPACES";
        return FormatOperator.Text(context => keepsSpaces ? context.Info.ResponseCodeDetails : context.Info.ResponseCodeDetails?.Replace(' ', '_'));
    }

    private static FormatOperator EnvironmentVariable(string name, int? length, out string error)
    {
        error = "";

        // Envoy writes the dash itself, even where values that are not there are left out.
        var value = Environment.GetEnvironmentVariable(name) ?? "-";
        return Constant(length is { } most && value.Length > most ? value[..most] : value);
    }

    private static bool WriteUniqueId(FormatContext context, ByteSink output)
    {
        Span<byte> bytes = stackalloc byte[16];
        (context.Random ?? Random.Shared).NextBytes(bytes);

        // RFC 9562 section 5.4: version 4, variant 10.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        Span<char> text = stackalloc char[36];
        _ = new Guid(bytes, bigEndian: true).TryFormat(text, out _, "D");
        output.Append(text);
        return true;
    }

    // Names come from a TLS hello, and a log is no place for what a client likes to put there.
    private static string SanitizeHost(string name)
    {
        var clean = string.Create(name.Length, name, static (span, name) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] is '.' or '-' or '_' ? name[i] : '_';
        });
        return clean == name ? name : "invalid:" + clean;
    }

    private static string WithoutPort(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon < 0 || host.LastIndexOf(']') > colon ? host : host[..colon];
    }

    private static long Milliseconds(long moment) => moment == 0 ? -1 : (moment - 1) / 1_000_000;

    private static long Between(long from, long to) => from == 0 || to == 0 || to < from ? -1 : to - from;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static FormatOperator Constant(string text) => FormatOperator.Text(_ => text);

    private static Rule Text(Func<FormatContext, string?> read) => Of(FormatOperator.Text(read));

    private static Rule Number(Func<FormatContext, long> read) => Of(FormatOperator.Number(read));

    private static Rule Of(FormatOperator made) => new(Syntax.NameOnly, (string _, int? _, out string error) =>
    {
        error = "";
        return made;
    });

    private sealed record Rule(Syntax Syntax, Maker Make);
}

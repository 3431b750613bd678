using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RateLimit</c>. Thread-safe.</summary>
internal static class RateLimitReader
{
    private static readonly FieldTable<SourceClusterActionConfig> SourceCluster = new("envoy.config.route.v3.RateLimit.Action.SourceCluster", new SourceClusterActionConfig());

    private static readonly FieldTable<DestinationClusterActionConfig> DestinationCluster =
        new("envoy.config.route.v3.RateLimit.Action.DestinationCluster", new DestinationClusterActionConfig());

    private static readonly FieldTable<RemoteAddressActionConfig> RemoteAddress = new("envoy.config.route.v3.RateLimit.Action.RemoteAddress", new RemoteAddressActionConfig());

    private static readonly FieldTable<MaskedRemoteAddressActionConfig> MaskedRemoteAddress = new FieldTable<MaskedRemoteAddressActionConfig>(
            "envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress", new MaskedRemoteAddressActionConfig())
        .Number("v4_prefix_mask_len", a => a.V4PrefixLength, (a, v) => a with { V4PrefixLength = v }, most: 32)
        .Number("v6_prefix_mask_len", a => a.V6PrefixLength, (a, v) => a with { V6PrefixLength = v }, most: 128);

    private static readonly FieldTable<RequestHeaderActionConfig> RequestHeader = new FieldTable<RequestHeaderActionConfig>(
            "envoy.config.route.v3.RateLimit.Action.RequestHeaders", new RequestHeaderActionConfig("", ""))
        .Text("header_name", a => a.HeaderName, (a, v) => a with { HeaderName = v }, required: true)
        .Text("descriptor_key", a => a.DescriptorKey, (a, v) => a with { DescriptorKey = v }, required: true)
        .Bool("skip_if_absent", a => a.SkipIfAbsent, (a, v) => a with { SkipIfAbsent = v });

    private static readonly FieldTable<QueryParameterActionConfig> QueryParameter = new FieldTable<QueryParameterActionConfig>(
            "envoy.config.route.v3.RateLimit.Action.QueryParameters", new QueryParameterActionConfig("", ""))
        .Text("query_parameter_name", a => a.Name, (a, v) => a with { Name = v }, required: true)
        .Text("descriptor_key", a => a.DescriptorKey, (a, v) => a with { DescriptorKey = v }, required: true)
        .Bool("skip_if_absent", a => a.SkipIfAbsent, (a, v) => a with { SkipIfAbsent = v });

    private static readonly FieldTable<GenericKeyActionConfig> GenericKey = new FieldTable<GenericKeyActionConfig>(
            "envoy.config.route.v3.RateLimit.Action.GenericKey", new GenericKeyActionConfig(""))
        .Text("descriptor_value", a => a.DescriptorValue, (a, v) => a with { DescriptorValue = v }, required: true)
        .Text("descriptor_key", a => a.DescriptorKey, (a, v) => v.Length == 0 ? a : a with { DescriptorKey = v })
        .NotYet("default_value=");

    private static readonly FieldTable<HeaderValueMatchActionConfig> HeaderValueMatch = new FieldTable<HeaderValueMatchActionConfig>(
            "envoy.config.route.v3.RateLimit.Action.HeaderValueMatch", new HeaderValueMatchActionConfig("", []))
        .Text("descriptor_value", a => a.DescriptorValue, (a, v) => a with { DescriptorValue = v }, required: true)
        .Text("descriptor_key", a => a.DescriptorKey, (a, v) => v.Length == 0 ? a : a with { DescriptorKey = v })
        .Bool("expect_match", a => a.ExpectMatch, (a, v) => a with { ExpectMatch = v })
        .List("headers", "HeaderMatcher", a => a.Headers, (a, v) => a with { Headers = v }, HeaderMatcherReader.TryRead, required: true)
        .NotYet("default_value=");

    private static readonly FieldTable<QueryParameterValueMatchActionConfig> QueryParameterValueMatch = new FieldTable<QueryParameterValueMatchActionConfig>(
            "envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch", new QueryParameterValueMatchActionConfig("", []))
        .Text("descriptor_value", a => a.DescriptorValue, (a, v) => a with { DescriptorValue = v }, required: true)
        .Text("descriptor_key", a => a.DescriptorKey, (a, v) => v.Length == 0 ? a : a with { DescriptorKey = v })
        .Bool("expect_match", a => a.ExpectMatch, (a, v) => a with { ExpectMatch = v })
        .List("query_parameters", "QueryParameterMatcher", a => a.QueryParameters, (a, v) => a with { QueryParameters = v }, QueryParameterMatcherReader.TryRead, required: true)
        .NotYet("default_value=");

    private static readonly FieldTable<Draft> Action = new FieldTable<Draft>("envoy.config.route.v3.RateLimit.Action", new Draft())
        .Message("source_cluster", d => d.Action as SourceClusterActionConfig, (d, v) => d with { Action = v }, SourceCluster)
        .Message("destination_cluster", d => d.Action as DestinationClusterActionConfig, (d, v) => d with { Action = v }, DestinationCluster)
        .Message("request_headers", d => d.Action as RequestHeaderActionConfig, (d, v) => d with { Action = v }, RequestHeader)
        .Message("query_parameters", d => d.Action as QueryParameterActionConfig, (d, v) => d with { Action = v }, QueryParameter)
        .Message("remote_address", d => d.Action as RemoteAddressActionConfig, (d, v) => d with { Action = v }, RemoteAddress)
        .Message("masked_remote_address", d => d.Action as MaskedRemoteAddressActionConfig, (d, v) => d with { Action = v }, MaskedRemoteAddress)
        .Message("generic_key", d => d.Action as GenericKeyActionConfig, (d, v) => d with { Action = v }, GenericKey)
        .Message("header_value_match", d => d.Action as HeaderValueMatchActionConfig, (d, v) => d with { Action = v }, HeaderValueMatch)
        .Message("query_parameter_value_match", d => d.Action as QueryParameterValueMatchActionConfig, (d, v) => d with { Action = v }, QueryParameterValueMatch)
        .NotYet("dynamic_metadata", "metadata", "extension", "remote_address_match")
        .OneOf(required: true, "source_cluster", "destination_cluster", "request_headers", "query_parameters", "remote_address", "masked_remote_address", "generic_key",
            "header_value_match", "query_parameter_value_match", "dynamic_metadata", "metadata", "extension", "remote_address_match");

    private static readonly FieldTable<RateLimitConfig> Fields = new FieldTable<RateLimitConfig>("envoy.config.route.v3.RateLimit", new RateLimitConfig { Actions = [] })
        .Number("stage", r => r.Stage, (r, v) => r with { Stage = v }, most: 10)
        .Text("disable_key", r => r.DisableKey, (r, v) => r with { DisableKey = v })
        .List("actions", "Action", r => r.Actions, (r, v) => r with { Actions = v }, TryReadAction, required: true)
        .Bool("apply_on_stream_done", r => r.ApplyOnStreamDone, (r, v) => r with { ApplyOnStreamDone = v })
        .NotYet("limit", "hits_addend");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out RateLimitConfig value) => Fields.TryRead(node, context, out value);

    private static bool TryReadAction(ConfigNode node, ConfigReadContext context, out RateLimitActionConfig value)
    {
        value = Action.Read(node, context).Action!;
        return value is not null;
    }

    private sealed record Draft
    {
        public RateLimitActionConfig? Action { get; init; }
    }
}

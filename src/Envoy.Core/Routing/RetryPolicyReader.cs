using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RetryPolicy</c> and <c>HedgePolicy</c>. Thread-safe.</summary>
internal static class RetryPolicyReader
{
    private static readonly EnumNames<RateLimitResetFormat> ResetFormats = new EnumNames<RateLimitResetFormat>("ResetHeaderFormat")
        .Add("SECONDS", 0, RateLimitResetFormat.Seconds)
        .Add("UNIX_TIMESTAMP", 1, RateLimitResetFormat.UnixTimestamp);

    private static readonly FieldTable<RetryPolicyConfig> BackOff = new FieldTable<RetryPolicyConfig>(
            "envoy.config.route.v3.RetryPolicy.RetryBackOff", new RetryPolicyConfig())
        .Add(
            new ConfigField("base_interval", "Duration", FieldSupport.Supported) { IsRequired = true, Limits = "above 0s" },
            p => p.BackOffBaseInterval,
            (p, v) => p with { BackOffBaseInterval = v },
            (ConfigValueReader<TimeSpan>)ReadPositive)
        .Duration("max_interval", p => p.BackOffMaxInterval, (p, v) => p with { BackOffMaxInterval = v }, above: true);

    private static readonly FieldTable<RateLimitResetHeaderConfig> ResetHeader = new FieldTable<RateLimitResetHeaderConfig>(
            "envoy.config.route.v3.RetryPolicy.ResetHeader", new RateLimitResetHeaderConfig(""))
        .Text("name", h => h.Name, (h, v) => h with { Name = v }, required: true)
        .Enum("format", h => h.Format, (h, v) => h with { Format = v }, ResetFormats);

    private static readonly FieldTable<RetryPolicyConfig> RateLimitedBackOff = new FieldTable<RetryPolicyConfig>(
            "envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff", new RetryPolicyConfig())
        .List("reset_headers", p => p.RateLimitResetHeaders, (p, v) => p with { RateLimitResetHeaders = v }, ResetHeader, required: true)
        .Duration("max_interval", p => p.RateLimitMaxInterval, (p, v) => p with { RateLimitMaxInterval = v }, above: true);

    private static readonly FieldTable<Plugin> PluginFields = new FieldTable<Plugin>("envoy.config.route.v3.RetryPolicy.RetryHostPredicate", new Plugin())
        .Text("name", p => p.Name, (p, v) => p with { Name = v }, required: true)
        .Message("typed_config", "Any", p => p.Typed, (p, v) => p with { Typed = v }, FieldKinds.Keep)
        .Message("config", "Struct (v2)", p => p.Untyped, (p, v) => p with { Untyped = v }, FieldKinds.Keep);

    private static readonly FieldTable<Frequency> PreviousPriorities = new FieldTable<Frequency>(
            "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", new Frequency())
        .Number("update_frequency", f => f.Every, (f, v) => f with { Every = v }, least: 1);

    public static readonly FieldTable<RetryPolicyConfig> Fields = new FieldTable<RetryPolicyConfig>("envoy.config.route.v3.RetryPolicy", new RetryPolicyConfig())
        .Text("retry_on", p => p.RetryOn, (p, v) => p with { RetryOn = v })
        .Number("num_retries", p => p.NumRetries, (p, v) => p with { NumRetries = v })
        .Duration("per_try_timeout", p => p.PerTryTimeout, (p, v) => p with { PerTryTimeout = v })
        .Duration("per_try_idle_timeout", p => p.PerTryIdleTimeout, (p, v) => p with { PerTryIdleTimeout = v })
        .List("retriable_status_codes", "uint32", p => p.RetriableStatusCodes, (p, v) => p with { RetriableStatusCodes = v }, ReadStatus)
        .List("retriable_headers", "HeaderMatcher", p => p.RetriableHeaders, (p, v) => p with { RetriableHeaders = v }, HeaderMatcherReader.TryRead)
        .List("retriable_request_headers", "HeaderMatcher", p => p.RetriableRequestHeaders, (p, v) => p with { RetriableRequestHeaders = v }, HeaderMatcherReader.TryRead)
        .Inline("retry_back_off", BackOff)
        .Inline("rate_limited_retry_back_off", RateLimitedBackOff)
        .List("retry_host_predicate", "RetryHostPredicate", p => p.HostPredicates, (p, v) => p with { HostPredicates = v }, ReadHostPredicate)
        .Add(
            new ConfigField("host_selection_retry_max_attempts", "int64", FieldSupport.Supported),
            p => p.HostSelectionMaxAttempts,
            (RetryPolicyConfig p, uint v) => v == 0 ? p : p with { HostSelectionMaxAttempts = v },
            (ConfigValueReader<uint>)ReadAttempts)
        .Add(
            new ConfigField("retry_priority", "RetryPriority", FieldSupport.Supported),
            p => p.PreviousPrioritiesUpdateFrequency,
            (p, v) => p with { PreviousPrioritiesUpdateFrequency = v },
            (ConfigValueReader<uint>)ReadPriority)
        .NotYet("retry_options_predicates=[]", "refresh_cluster_on_retry=false")
        .Check((policy, node, context) =>
        {
            if (policy is { BackOffBaseInterval: { } least, BackOffMaxInterval: { } most } && most < least)
                context.Error(node.Find("retry_back_off") ?? node, "retry_policy.max_interval must greater than or equal to the base_interval");
        });

    public static readonly FieldTable<HedgePolicyConfig> Hedge = new FieldTable<HedgePolicyConfig>("envoy.config.route.v3.HedgePolicy", new HedgePolicyConfig())
        .Bool("hedge_on_per_try_timeout", h => h.HedgeOnPerTryTimeout, (h, v) => h with { HedgeOnPerTryTimeout = v })

        // Envoy reads both and does nothing with them.
        .Inert("initial_requests", "additional_request_chance");

    private static bool ReadHostPredicate(ConfigNode node, ConfigReadContext context, out RetryHostPredicateConfig value)
    {
        value = default;
        var plugin = PluginFields.Read(node, context);
        switch (NameOf(plugin, context))
        {
            case "envoy.retry_host_predicates.previous_hosts" or "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                or "envoy.config.retry.previous_hosts.v2.PreviousHostsPredicate":
                value = RetryHostPredicateConfig.PreviousHosts;
                return true;
            case "envoy.retry_host_predicates.omit_canary_hosts" or "envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate"
                or "envoy.config.retry.omit_canary_hosts.v2.OmitCanaryHostsPredicate":
                value = RetryHostPredicateConfig.OmitCanaryHosts;
                return true;
            case "envoy.retry_host_predicates.omit_host_metadata" or "envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig"
                or "envoy.config.retry.omit_host_metadata.v2.OmitHostMetadataConfig":
                context.Error(node, "Envoy's omit_host_metadata retry predicate is not supported yet", "supported: previous_hosts, omit_canary_hosts", ConfigErrorKind.NotSupported);
                return false;
            case { Length: > 0 } other:
                context.Error(node, $"no retry host predicate is called '{other}'", "supported: envoy.retry_host_predicates.previous_hosts, .omit_canary_hosts", ConfigErrorKind.Unknown);
                return false;
            default:
                return false;
        }
    }

    private static bool ReadPriority(ConfigNode node, ConfigReadContext context, out uint value)
    {
        value = 0;
        var plugin = PluginFields.Read(node, context);
        if (NameOf(plugin, context) is not ("envoy.retry_priorities.previous_priorities" or "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig"
            or "envoy.config.retry.previous_priorities.PreviousPrioritiesConfig"))
        {
            if (plugin.Name.Length > 0)
                context.Error(node, $"no retry priority is called '{plugin.Name}'", "supported: envoy.retry_priorities.previous_priorities", ConfigErrorKind.Unknown);
            return false;
        }

        var message = plugin.Typed?.Without("@type") ?? plugin.Untyped ?? node.EmptyMapping();
        value = PreviousPriorities.Read(message, context).Every;
        if (value > 0)
            return true;
        context.Error(message, "PreviousPrioritiesConfig needs 'update_frequency' above 0");
        return false;
    }

    /// <summary>What decides which extension it is: the message's name, where there is a message.</summary>
    private static string NameOf(Plugin plugin, ConfigReadContext context)
    {
        if (plugin.Typed is not { Entries.Count: > 0 } typed)
            return plugin.Name;
        return ExtensionReader.TryReadMessage(context, typed, out var type, out _) ? (type is "google.protobuf.Empty" or "google.protobuf.Struct" ? plugin.Name : type) : "";
    }

    private static bool ReadPositive(ConfigNode node, ConfigReadContext context, out TimeSpan value)
    {
        if (!ConfigDuration.Read(node, context, out value))
            return false;
        if (value > TimeSpan.Zero)
            return true;
        context.Error(node, "must be above 0s");
        return false;
    }

    private static bool ReadStatus(ConfigNode node, ConfigReadContext context, out uint value)
    {
        var right = ConfigValues.ReadInteger(node, context, 0, uint.MaxValue, out var number);
        value = (uint)number;
        return right;
    }

    private static bool ReadAttempts(ConfigNode node, ConfigReadContext context, out uint value)
    {
        var right = ConfigValues.ReadInteger(node, context, 0, int.MaxValue, out var number);
        value = (uint)number;
        return right;
    }

    private sealed record Plugin
    {
        public string Name { get; init; } = "";

        public ConfigNode? Typed { get; init; }

        public ConfigNode? Untyped { get; init; }
    }

    private sealed record Frequency
    {
        public uint Every { get; init; }
    }
}

using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>When and how a request is tried again, compiled. Immutable.</summary>
internal sealed class RetryPolicy
{
    private RetryPolicy(RetryPolicyConfig config) => Config = config;

    /// <summary>Nothing is retried but what a request's own headers ask for.</summary>
    public static RetryPolicy Default { get; } = new(new RetryPolicyConfig());

    /// <summary>What was asked for.</summary>
    public RetryPolicyConfig Config { get; }

    /// <summary>When.</summary>
    public RetryConditions Conditions { get; private init; }

    /// <summary>Response headers for <c>retriable-headers</c>; null: none.</summary>
    public HeaderMatcherSet? RetriableHeaders { get; private init; }

    /// <summary>Requests that are retried at all; null: all.</summary>
    public HeaderMatcherSet? RetriableRequestHeaders { get; private init; }

    /// <summary>Response headers that say when to come again.</summary>
    public HeaderName[] ResetHeaders { get; private init; } = [];

    public static RetryPolicy Compile(RetryPolicyConfig config, string path, ICollection<RouteError> errors)
    {
        if (config.PerTryTimeout < TimeSpan.Zero)
            errors.Add(new RouteError(path + ".per_try_timeout", "must not be negative"));
        if (config is { BackOffBaseInterval: { } least, BackOffMaxInterval: { } most } && most < least)
            errors.Add(new RouteError(path + ".retry_back_off", "retry_policy.max_interval must greater than or equal to the base_interval"));
        return new RetryPolicy(config)
        {
            Conditions = RetryConditionNames.Parse(config.RetryOn),
            RetriableHeaders = HeaderMatcherSet.Compile(config.RetriableHeaders, (i, error) => errors.Add(new RouteError($"{path}.retriable_headers[{i}]", error))),
            RetriableRequestHeaders = HeaderMatcherSet.Compile(
                config.RetriableRequestHeaders, (i, error) => errors.Add(new RouteError($"{path}.retriable_request_headers[{i}]", error))),
            ResetHeaders = config.RateLimitResetHeaders.Select(h => new HeaderName(h.Name)).ToArray(),
        };
    }
}

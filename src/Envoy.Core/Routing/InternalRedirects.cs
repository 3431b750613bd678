using Envoy.Http.Headers;
namespace Envoy.Routing;

/// <summary>Which redirects of an upstream are followed here, compiled. Immutable.</summary>
internal sealed class InternalRedirects
{
    private readonly int[] _statuses;

    internal InternalRedirects(InternalRedirectPolicyConfig config)
    {
        Config = config;
        _statuses = config.RedirectResponseCodes.Count == 0
            ? [302]
            : config.RedirectResponseCodes.Where(s => s is 301 or 302 or 303 or 307 or 308).ToArray();
        HeadersToCopy = config.ResponseHeadersToCopy.Select(h => new HeaderName(h)).ToArray();
    }

    /// <summary>What was asked for.</summary>
    public InternalRedirectPolicyConfig Config { get; }

    /// <summary>Headers of the redirect that the new request gets.</summary>
    public HeaderName[] HeadersToCopy { get; }

    public bool Follows(int status) => Array.IndexOf(_statuses, status) >= 0;
}

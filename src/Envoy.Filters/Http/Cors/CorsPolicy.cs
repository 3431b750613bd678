using System.Text;
using Envoy.Matching;

namespace Envoy.Filters.Http.Cors;

/// <summary>Compiled <see cref="CorsPolicyOptions"/>. Immutable.</summary>
internal sealed class CorsPolicy
{
    private readonly StringMatcher?[] _origins;

    /// <exception cref="ArgumentException">An origin's pattern is wrong.</exception>
    public CorsPolicy(CorsPolicyOptions options)
    {
        Options = options;
        // A lone star is no pattern: it stands for every origin.
        _origins = [.. options.AllowOriginStringMatch.Select(
            m => m is { Kind: StringMatchKind.Exact, Value: "*" } ? null : StringMatcher.TryCompile(m, out var error) ?? throw new ArgumentException(error))];
        AllowMethods = Encoding.UTF8.GetBytes(options.AllowMethods);
        AllowHeaders = Encoding.UTF8.GetBytes(options.AllowHeaders);
        ExposeHeaders = Encoding.UTF8.GetBytes(options.ExposeHeaders);
        MaxAge = Encoding.UTF8.GetBytes(options.MaxAge);
    }

    public CorsPolicyOptions Options { get; }

    public bool NamesOrigins => _origins.Length > 0;

    public byte[] AllowMethods { get; }

    public byte[] AllowHeaders { get; }

    public byte[] ExposeHeaders { get; }

    public byte[] MaxAge { get; }

    public bool Allows(ReadOnlySpan<byte> origin, MatchScratch scratch)
    {
        foreach (var matcher in _origins)
        {
            if (matcher is null || matcher.Matches(origin, scratch))
                return true;
        }

        return false;
    }
}

using System.Text;
using Envoy.Matching;
using Envoy.RuntimeSettings;

namespace Envoy.Filters.Http.Cors;

/// <summary>One level's policy, compiled. Immutable.</summary>
internal sealed class CorsPolicy
{
    private readonly StringMatcher[] _origins;
    private readonly bool _allowsAll;

    private CorsPolicy(CorsPolicyOptions options, StringMatcher[] origins, bool allowsAll)
    {
        Options = options;
        _origins = origins;
        _allowsAll = allowsAll;
        AllowMethods = Encoding.UTF8.GetBytes(options.AllowMethods);
        AllowHeaders = Encoding.UTF8.GetBytes(options.AllowHeaders);
        ExposeHeaders = Encoding.UTF8.GetBytes(options.ExposeHeaders);
        MaxAge = Encoding.UTF8.GetBytes(options.MaxAge);
    }

    public CorsPolicyOptions Options { get; }

    public byte[] AllowMethods { get; }

    public byte[] AllowHeaders { get; }

    public byte[] ExposeHeaders { get; }

    public byte[] MaxAge { get; }

    public bool HasOrigins => _origins.Length > 0;

    /// <exception cref="ArgumentException">A regular expression is wrong, or a text cannot stand in a header.</exception>
    public static CorsPolicy Compile(CorsPolicyOptions options)
    {
        var origins = new StringMatcher[options.AllowOrigins.Count];
        var all = false;
        var scratch = new MatchScratch();
        for (var i = 0; i < origins.Length; i++)
        {
            origins[i] = StringMatcher.TryCompile(options.AllowOrigins[i], out var error) ?? throw new ArgumentException($"allow_origin_string_match[{i}]: {error}");
            all |= origins[i].Matches("*"u8, scratch);
        }

        CheckValue("allow_methods", options.AllowMethods);
        CheckValue("allow_headers", options.AllowHeaders);
        CheckValue("expose_headers", options.ExposeHeaders);
        CheckValue("max_age", options.MaxAge);
        return new CorsPolicy(options, origins, all);
    }

    public bool Allows(ReadOnlySpan<byte> origin, MatchScratch scratch)
    {
        if (_allowsAll)
            return true;
        foreach (var matcher in _origins)
        {
            if (matcher.Matches(origin, scratch))
                return true;
        }

        return false;
    }

    public bool IsEnabled(RuntimeSnapshot runtime, ulong random) => IsMet(Options.FilterEnabled, runtime, random, whenAbsent: true);

    public bool IsShadow(RuntimeSnapshot runtime, ulong random) => IsMet(Options.ShadowEnabled, runtime, random, whenAbsent: false);

    private static bool IsMet(RuntimeFractionConfig? share, RuntimeSnapshot runtime, ulong random, bool whenAbsent) =>
        share is null ? whenAbsent : runtime.FeatureEnabled(share.RuntimeKey, share.DefaultValue.Numerator, share.DefaultValue.Whole, random);

    private static void CheckValue(string field, string value)
    {
        foreach (var c in value)
        {
            if (c is (< ' ' and not '\t') or '\x7f')
                throw new ArgumentException($"{field}: holds what no header's value may");
        }
    }
}

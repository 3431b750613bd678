using System.IO.Hashing;
using System.Net;
using System.Text;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>What of a request a balancer's hash is made of, compiled: each part's hash is mixed into what the parts before it made. Immutable.</summary>
internal sealed class HashPolicy
{
    private readonly Part[] _parts;

    private HashPolicy(Part[] parts) => _parts = parts;

    /// <summary>Compiles the policies; null: there are none.</summary>
    public static HashPolicy? Compile(IReadOnlyList<HashPolicyConfig> configs, string path, ICollection<RouteError> errors)
    {
        if (configs.Count == 0)
            return null;
        var parts = new Part[configs.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var part = new Part(configs[i]);
            if (configs[i] is HeaderHashPolicyConfig { RegexRewrite: { } rewrite })
                (part.Pattern, part.Substitution) = PathRewrite.CompileRegex(rewrite, $"{path}.hash_policy[{i}].header.regex_rewrite", errors);
            parts[i] = part;
        }

        return new HashPolicy(parts);
    }

    /// <summary>The hash of a request; null when no part yields one.</summary>
    /// <param name="request">Its headers.</param>
    /// <param name="state">What else there is to look at, and the cookie that had to be made; null: headers only.</param>
    public ulong? Hash(HeaderMap request, HashState? state)
    {
        ulong? hash = null;
        foreach (var part in _parts)
        {
            if (part.Hash(request, state) is { } made)
                hash = hash is { } before ? ((before << 1) | (before >> 63)) ^ made : made;
            if (part.Config.Terminal && hash is not null)
                break;
        }

        return hash;
    }

    /// <summary>What a hash looks at besides headers. Worker-owned.</summary>
    internal sealed class HashState
    {
        /// <summary>The client's address.</summary>
        public EndPoint? Client { get; set; }

        /// <summary>Room for patterns and values.</summary>
        public MatchScratch? Scratch { get; set; }

        /// <summary>Makes a cookie's value: 16 hexadecimal digits.</summary>
        public Random? Random { get; set; }

        /// <summary>A cookie was made: its whole <c>set-cookie</c> value. Empty: none was.</summary>
        public ByteSink SetCookie { get; } = new();
    }

    private sealed class Part
    {
        private readonly HeaderName _header;
        private readonly byte[] _name = [];

        public Part(HashPolicyConfig config)
        {
            Config = config;
            switch (config)
            {
                case HeaderHashPolicyConfig header:
                    _header = new HeaderName(header.Name);
                    break;
                case CookieHashPolicyConfig cookie:
                    _name = Encoding.UTF8.GetBytes(cookie.Name);
                    break;
                case QueryParameterHashPolicyConfig query:
                    _name = Encoding.UTF8.GetBytes(query.Name);
                    break;
            }
        }

        public HashPolicyConfig Config { get; }

        public RegexPattern? Pattern { get; set; }

        public RegexSubstitution? Substitution { get; set; }

        public ulong? Hash(HeaderMap request, HashState? state) => Config switch
        {
            HeaderHashPolicyConfig => HashHeader(request, state),
            CookieHashPolicyConfig cookie => HashCookie(cookie, request, state),
            QueryParameterHashPolicyConfig => QueryParameters.TryGetFirst(request.Get(HeaderId.Path), _name, out var value) ? XxHash64.HashToUInt64(value) : null,
            _ => HashAddress(state?.Client),
        };

        // Several values count as one list in sorted order, so that their order on the wire does not matter.
        private ulong? HashHeader(HeaderMap request, HashState? state)
        {
            var count = _header.CountIn(request);
            if (count == 0)
                return null;
            if (count == 1)
            {
                _ = _header.TryGet(request, out var value);
                return XxHash64.HashToUInt64(Rewritten(value, state));
            }

            var name = _header.ToString();
            var values = new List<byte[]>(count);
            foreach (var field in request)
            {
                if (Encoding.ASCII.GetString(field.Name) == name)
                    values.Add(Rewritten(field.Value, state).ToArray());
            }

            values.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
            ulong hash = 0;
            foreach (var value in values)
                hash = XxHash64.HashToUInt64(value, (long)hash);
            return hash;
        }

        private ReadOnlySpan<byte> Rewritten(ReadOnlySpan<byte> value, HashState? state)
        {
            if (Pattern is null || state?.Scratch is not { } scratch)
                return value;
            scratch.Joined.Clear();
            Pattern.ReplaceAll(value, Substitution!, scratch, scratch.Joined);
            return scratch.Joined.Written;
        }

        private ulong? HashCookie(CookieHashPolicyConfig cookie, HeaderMap request, HashState? state)
        {
            if (CookieHeader.TryGet(request, _name, out var value))
                return XxHash64.HashToUInt64(value);
            if (cookie.Ttl is not { } ttl || state is not { Random: { } random })
                return null;

            // A client without the cookie gets one, and is hashed by it from its first request on.
            Span<byte> made = stackalloc byte[16];
            for (var i = 0; i < made.Length; i++)
                made[i] = "0123456789abcdef"u8[random.Next(16)];
            var line = state.SetCookie;
            line.Clear();
            line.Append(_name);
            line.Append("=\""u8);
            line.Append(made);
            line.Append("\""u8);
            if (ttl > TimeSpan.Zero)
            {
                line.Append("; Max-Age="u8);
                line.Append((long)ttl.TotalSeconds);
            }

            if (cookie.Path.Length > 0)
            {
                line.Append("; Path="u8);
                line.Append(cookie.Path);
            }

            foreach (var attribute in cookie.Attributes.AsSpan())
            {
                line.Append("; "u8);
                line.Append(attribute.Name);
                if (attribute.Value.Length > 0)
                {
                    line.Append("="u8);
                    line.Append(attribute.Value);
                }
            }

            line.Append("; HttpOnly"u8);
            return XxHash64.HashToUInt64(made);
        }

        private static ulong? HashAddress(EndPoint? client)
        {
            if (client is not IPEndPoint ip)
                return null;
            Span<byte> text = stackalloc byte[64];
            _ = ip.Address.TryFormat(text, out var written);
            return XxHash64.HashToUInt64(text[..written]);
        }
    }
}

using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Where the upstream's host comes from, compiled. Immutable.</summary>
internal sealed class HostRewrite
{
    private readonly byte[] _literal = [];
    private readonly HeaderName? _header;
    private readonly RegexPattern? _pathPattern;
    private readonly RegexSubstitution? _substitution;
    private readonly SubstitutionFormat? _format;

    private HostRewrite(HostRewriteConfig config, string path, ICollection<RouteError> errors)
    {
        switch (config)
        {
            case LiteralHostRewriteConfig literal:
                if (literal.Host.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0)
                    errors.Add(new RouteError(path + ".host_rewrite_literal", "value does not match regex pattern: it must not hold NUL, CR or LF"));
                _literal = Encoding.UTF8.GetBytes(literal.Host);
                break;
            case HeaderHostRewriteConfig header:
                _header = new HeaderName(header.Header);
                break;
            case PathHostRewriteConfig regex:
                (_pathPattern, _substitution) = PathRewrite.CompileRegex(regex.Rewrite, path + ".host_rewrite_path_regex", errors);
                break;
            case FormatHostRewriteConfig format:
                _format = SubstitutionFormat.TryCompile(format.Format, omitEmpty: false, out var error);
                if (_format is null)
                    errors.Add(new RouteError(path + ".host_rewrite", "Failed to create host rewrite formatter: " + error));
                break;
            case AutoHostRewriteConfig:
                IsAutomatic = true;
                break;
        }
    }

    /// <summary>It is the chosen endpoint's name, which is known only when there is one.</summary>
    public bool IsAutomatic { get; }

    public static HostRewrite? Compile(HostRewriteConfig? config, string path, ICollection<RouteError> errors) =>
        config is null ? null : new HostRewrite(config, path, errors);

    /// <summary>Writes the new host; false: there is none, the host stays.</summary>
    public bool TryWrite(HeaderMap headers, FormatContext context, MatchScratch scratch, ByteSink host)
    {
        host.Clear();
        if (_literal.Length > 0)
        {
            host.Append(_literal);
        }
        else if (_header is { } header)
        {
            if (header.TryGet(headers, out var value))
                host.Append(value);
        }
        else if (_pathPattern is not null)
        {
            _pathPattern.ReplaceAll(RouteMatcher.WithoutQuery(headers.Get(HeaderId.Path)), _substitution!, scratch, host);
        }
        else
        {
            _format?.Write(context, host);
        }

        return host.Length > 0;
    }
}

using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>Makes the requests that ask for tunnels, compiled from a <see cref="TunnelingConfig"/>. Immutable.</summary>
internal sealed class TunnelRequests(TunnelingConfig config)
{
    private readonly SubstitutionFormat _host = SubstitutionFormat.TryCompile(config.Hostname, omitEmpty: true, out _)!;
    private readonly HeaderMutations _additions = HeaderMutations.Compile(config.HeadersToAdd, [], "", "", []);
    private readonly byte[] _path = Encoding.UTF8.GetBytes(config.PostPath.Length > 0 ? config.PostPath : "/");

    /// <summary>Fills <paramref name="headers"/>.</summary>
    public void Write(HeaderMap headers, FormatContext context)
    {
        var values = new ByteSink();
        headers.Clear();
        headers.SetUnchecked(HeaderId.Method, config.UsePost ? "POST"u8 : "CONNECT"u8);
        _host.Write(context, values);
        headers.SetUnchecked(HeaderId.Authority, RequestRewriting.Clean(values.Written));
        if (config.UsePost)
            headers.SetUnchecked(HeaderId.Path, _path);
        _additions.Apply(headers, context, values);
    }
}

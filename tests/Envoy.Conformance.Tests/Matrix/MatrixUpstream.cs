using System.Net;
using Envoy.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Envoy.Conformance.Tests.Matrix;

/// <summary>Kestrel on four ports: HTTP/1.1 and HTTP/2, plain and by TLS. What it does is the request's path.</summary>
internal sealed class MatrixUpstream : IAsyncDisposable
{
    private readonly WebApplication _application;

    private MatrixUpstream(WebApplication application) => _application = application;

    /// <summary>Where each protocol is spoken: <c>h1</c>, <c>h2</c>, <c>h1s</c>, <c>h2s</c>.</summary>
    public Dictionary<string, ushort> Ports { get; } = [];

    public static async Task<MatrixUpstream> StartAsync(TestCertificate certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // As in Envoy, the scheme tells how the client reached the proxy, not how the proxy reaches the upstream.
            kestrel.AllowAlternateSchemes = true;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = null;
            foreach (var tls in new[] { false, true })
            {
                foreach (var protocols in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
                {
                    kestrel.Listen(IPAddress.Loopback, 0, listen =>
                    {
                        listen.Protocols = protocols;
                        if (tls)
                            listen.UseHttps(certificate.Certificate);
                    });
                }
            }
        });
        var application = builder.Build();
        application.Run(HandleAsync);
        await application.StartAsync();
        var upstream = new MatrixUpstream(application);
        // In the order they were asked for.
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => (ushort)new Uri(a).Port).ToArray();
        foreach (var (name, port) in new[] { "h1", "h2", "h1s", "h2s" }.Zip(addresses))
            upstream.Ports[name] = port;
        return upstream;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private static async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/echo":
                context.Response.ContentLength = context.Request.ContentLength;
                await context.Request.Body.CopyToAsync(context.Response.Body);
                break;
            case "/trailers":
                context.Response.DeclareTrailer("x-trailer");
                await context.Request.Body.CopyToAsync(context.Response.Body);
                context.Response.AppendTrailer("x-trailer", "the end");
                break;
            case "/early":
                // The answer is whole before the request is.
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                await context.Response.WriteAsync("early");
                await context.Response.CompleteAsync();
                break;
            case "/reset":
                await context.Response.StartAsync();
                await context.Response.Body.WriteAsync(new byte[10]);
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case "/never":
                // Until the client has gone.
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }
}

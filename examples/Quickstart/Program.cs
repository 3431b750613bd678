using System.Globalization;
using System.Net;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Testing;

// Fake upstreams, and a proxy of Envoy's own YAML before them. `--port N` chooses its port; `--once` sends the requests itself, and ends.
var at = Array.IndexOf(args, "--port");
var port = at < 0 ? 0 : int.Parse(args[at + 1], CultureInfo.InvariantCulture);

#region upstreams
// Two servers share the name myservice; the first is also called webserver1.
string[] hostnames = ["28ca847a6bd2", "4c17cf4ce9d8"];
var servers = FakeUpstream.OnOnePort("127.0.0.2", "127.0.0.3");
for (var i = 0; i < servers.Count; i++)
    servers[i].Answer(Answers.Ok("This is a website server.\n")).Answer(r => r.Path == "/hostname", Answers.Ok($"Hostname: {hostnames[i]}.\n"));
var names = new FakeDnsResolver().Set("myservice", "127.0.0.2", "127.0.0.3").Set("webserver1", "127.0.0.2");
#endregion

try
{
    #region proxy
    await using var proxy = await TestProxy.FromFile(Path.Combine(AppContext.BaseDirectory, "quickstart.yaml"), new TestProxyOptions
    {
        Resolver = names,
        TimeProvider = TimeProvider.System,
    }
        .MapListener("listener_0", new SocketAddressConfig("127.0.0.1", port))
        .MapEndpoint("myservice:8081", new SocketAddressConfig("myservice", servers[0].Port))
        .MapEndpoint("webserver1:8081", new SocketAddressConfig("webserver1", servers[0].Port)));
    #endregion

    if (args.Contains("--once"))
        return await ShowAndCheck(proxy) ? 0 : 1;
    Console.WriteLine($"""
        The proxy listens on {proxy.Address}. Try, in another terminal:

          curl -H 'host: ik8s.io' {proxy.BaseUri}hostname         two servers, in turn
          curl -H 'host: k8scast.cn' {proxy.BaseUri}hostname      always webserver1
          curl -i -H 'host: old.ik8s.io' {proxy.BaseUri}hostname  sent to www.ik8s.io
          curl -i -H 'host: example.com' {proxy.BaseUri}          404: no such site
          curl http://{proxy.Proxy.AdminAddress}/clusters

        Admin: http://{proxy.Proxy.AdminAddress}/  Ctrl-C ends it.
        """);
    var ended = new TaskCompletionSource();
    Console.CancelKeyPress += (_, e) => e.Cancel = ended.TrySetResult();
    await Task.WhenAny(ended.Task, proxy.Proxy.ShutdownRequested);
    return 0;
}
catch (ProxyStartException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
finally
{
    foreach (var server in servers)
        await server.DisposeAsync();
}

static async Task<bool> ShowAndCheck(TestProxy proxy)
{
    using var client = proxy.CreateClient();
    List<string> ik8s = [], k8scast = [];
    await Get("ik8s.io", "/");
    for (var i = 0; i < 6; i++)
        ik8s.Add(await Get("ik8s.io", "/hostname"));
    for (var i = 0; i < 3; i++)
        k8scast.Add(await Get("k8scast.cn", "/hostname"));
    var moved = await Get("old.ik8s.io", "/hostname");
    var unknown = await Get("example.com", "/");
    var good = ik8s.Distinct().Count() == 2 && Enumerable.Range(2, 4).All(i => ik8s[i] == ik8s[i - 2]) && k8scast.All(a => a.Contains("28ca847a6bd2", StringComparison.Ordinal))
        && moved.Contains("http://www.ik8s.io/hostname", StringComparison.Ordinal) && unknown.StartsWith("404", StringComparison.Ordinal);
    Console.WriteLine(good ? "As it should be: ik8s.io alternates, k8scast.cn stays." : "This is not as it should be.");
    return good;

    async Task<string> Get(string host, string path)
    {
        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } });
        var answer = $"{(int)response.StatusCode} {response.Headers.Location} {await response.Content.ReadAsStringAsync()}".TrimEnd();
        Console.WriteLine($"{host}{path}: {answer}");
        return answer;
    }
}

namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>Node, and nginx and HAProxy in front of it, in a folder of their own.</summary>
internal sealed class Peers : IDisposable
{
    // Every answer tells in a header what was asked; an error in the parser is answered as Node does by itself.
    private const string Echo = """
        const crypto = require('crypto');
        require('http').createServer({ keepAlive: true, insecureHTTPParser: false, joinDuplicateHeaders: true }, (req, res) => {
          let n = 0;
          const hash = crypto.createHash('sha256');
          req.on('data', d => { n += d.length; hash.update(d); });
          req.on('end', () => {
            res.writeHead(200, { 'content-length': 0, 'x-seen': encodeURIComponent(`${req.method} ${req.url} ${n} ${hash.digest('hex').slice(0, 16)}`) });
            res.end();
          });
        }).listen(process.argv[2]);
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("peers-");
    private readonly List<Peer> _peers = [];

    /// <summary>The one of that name; null: it, or Node behind it, is not installed.</summary>
    public Peer? Find(string name) => _peers.Find(p => p.Name == name);

    /// <summary>Starts those that are installed.</summary>
    public static async Task<Peers> StartAsync()
    {
        var peers = new Peers();
        try
        {
            await peers.StartAllAsync();
            return peers;
        }
        catch
        {
            peers.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var peer in _peers)
            peer.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task StartAllAsync()
    {
        var node = Path.Combine(_folder.FullName, "node.sock");
        var script = Write("echo.js", Echo);
        if (!await StartAsync("Node", node, "node", script, node))
            return;
        var nginx = Path.Combine(_folder.FullName, "nginx.sock");
        var nginxConfig = Write("nginx.conf", $$"""
            daemon off; master_process off; pid {{_folder}}/nginx.pid; error_log stderr crit;
            events { worker_connections 256; }
            http {
              access_log off; client_body_temp_path {{_folder}}/b; proxy_temp_path {{_folder}}/p; fastcgi_temp_path {{_folder}}/f; uwsgi_temp_path {{_folder}}/u; scgi_temp_path {{_folder}}/s;
              underscores_in_headers on; keepalive_requests 100000; large_client_header_buffers 8 128k; client_max_body_size 0;
              server { listen unix:{{nginx}}; location / { proxy_pass http://unix:{{node}}; proxy_http_version 1.1; proxy_set_header Connection ""; } }
            }
            """);
        _ = await StartAsync("nginx", nginx, "nginx", "-p", _folder.FullName, "-c", nginxConfig, "-e", "stderr");
        var haproxy = Path.Combine(_folder.FullName, "haproxy.sock");
        var haproxyConfig = Write("haproxy.cfg", $"""
            global
              maxconn 256
              tune.bufsize 131072
              tune.http.maxhdr 512
            defaults
              mode http
              timeout client 20s
              timeout server 20s
              timeout connect 5s
            frontend f
              bind unix@{haproxy}
              default_backend b
            backend b
              server n unix@{node}

            """);
        _ = await StartAsync("HAProxy", haproxy, "haproxy", "-db", "-q", "-f", haproxyConfig);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private async Task<bool> StartAsync(string name, string socket, string command, params string[] arguments)
    {
        if (await Peer.TryStartAsync(name, socket, command, arguments) is not { } peer)
            return false;
        _peers.Add(peer);
        return true;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Envoy.Integration.Tests.Hosting;

/// <summary>The example host as a process: its command line, its exit codes and the ways to end it.</summary>
[TestFixture]
public sealed partial class EnvoyHostTests
{
    private const string Listener = """
        - name: NAME
          address: { socket_address: { address: 127.0.0.1, port_value: PORT } }
          filter_chains: [ { filters: [ { name: envoy.filters.network.direct_response, typed_config: {
            "@type": type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config, response: { inline_string: hello } } } ] } ]
        """;

    [GeneratedRegex(@"Listener (?<name>\w+) listens on 127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex Listens { get; }

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("envoy-host").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Validate_GoodFile_SaysOk()
    {
        var file = Write(Config());
        using var host = new Host("-c", file, "--mode", "validate");
        Assert.That(await host.ExitCodeAsync(), Is.Zero, host.Error);
        Assert.That(host.Output.TrimEnd(), Is.EqualTo($"configuration '{file}' OK"));
    }

    [Test]
    public async Task Serve_WrongFile_TellsEveryErrorAndExits1()
    {
        var file = Write("admin: { addres: 1 }\nstatic_resources:\n  listener: []\n");
        using var host = new Host("-c", file);
        Assert.That(await host.ExitCodeAsync(), Is.EqualTo(1));
        Assert.That(host.Error, Does.Contain($"{file}:1:10: admin.addres: ").And.Contain($"{file}:3:3: static_resources.listener: ").And.Contain("listeners"));
    }

    [TestCase("--nonsense", "unknown option '--nonsense'")]
    [TestCase("--concurrency x", "--concurrency: 'x' is not a number from 0 to 1024")]
    [TestCase("--mode x", "--mode: 'x' is not serve or validate")]
    [TestCase("--log-level loud", "--log-level: 'loud' is not one of trace")]
    [TestCase("-c", "-c needs a value")]
    [TestCase("", "there is no configuration")]
    [TestCase("-c /nowhere/at/all.yaml", "/nowhere/at/all.yaml: the file cannot be read")]
    public async Task CommandLine_Wrong_SaysWhyAndExits1(string arguments, string message)
    {
        using var host = new Host(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(await host.ExitCodeAsync(), Is.EqualTo(1));
        Assert.That(host.Error, Does.Contain(message));
    }

    [TestCase("--help", "--config-path FILE")]
    [TestCase("--version", "EnvoyHost 0.")]
    public async Task CommandLine_Question_IsAnswered(string argument, string answer)
    {
        using var host = new Host(argument);
        Assert.That(await host.ExitCodeAsync(), Is.Zero);
        Assert.That(host.Output, Does.Contain(answer));
    }

    [Test]
    public async Task Serve_PortTaken_SaysSoAndExits1()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        using var host = new Host("-c", Write(Config(port)), "--concurrency", "1");
        Assert.That(await host.ExitCodeAsync(), Is.EqualTo(1));
        Assert.That(host.Error, Does.Contain($"Listener 'file' cannot listen on 127.0.0.1:{port}: the address is taken"));
    }

    [Test]
    public async Task Serve_FileAndText_AreMerged()
    {
        var text = "static_resources: { listeners: [ { name: text, address: { socket_address: { address: 127.0.0.1, port_value: 0 } }, "
            + "filter_chains: [ { filters: [ { name: envoy.echo } ] } ] } ] }";
        using var host = new Host("--config-yaml", text, "--config-path=" + Write(Config()), "--concurrency=0");
        var ports = await host.PortsAsync(3);
        Assert.That(ports.Keys, Is.EquivalentTo(["admin", "file", "text"]));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, ports["file"]);
        using var reader = new StreamReader(client.GetStream());
        Assert.That(await reader.ReadToEndAsync(), Is.EqualTo("hello"));
        await host.QuitAsync(ports["admin"]);
        Assert.That(await host.ExitCodeAsync(), Is.Zero, host.Error);
        Assert.That(host.Error, Does.Match(@"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[\d+\]\[info\]\[main\] starting main dispatch loop"));
    }

    [Test]
    public async Task FileAndText_ErrorInEither_NamesTheOneThatIsWrong()
    {
        var file = Write("admin: { addres: 1 }\n");
        using var host = new Host("-c", file, "--config-yaml", "nodes: 1", "--mode", "validate");
        Assert.That(await host.ExitCodeAsync(), Is.EqualTo(1));
        Assert.That(host.Error, Does.Contain($"{file}:1:10: admin.addres").And.Contain("--config-yaml:1:1: nodes"));
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task Signal_Serving_EndsCleanly(string signal)
    {
        Assume.That(!OperatingSystem.IsWindows(), "needs signals");
        using var host = new Host("-c", Write(Config()), "--concurrency", "2");
        await host.PortsAsync(2);
        await host.WaitForAsync("starting main dispatch loop");
        using var kill = Process.Start("kill", ["-" + signal, host.Id.ToString(CultureInfo.InvariantCulture)]);
        Assert.That(await host.ExitCodeAsync(), Is.Zero, host.Error);
        Assert.That(host.Error, Does.Contain("caught SIG" + signal));
    }

    private static string Config(int port = 0) =>
        "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }\nstatic_resources:\n  listeners:\n  "
        + Listener.Replace("NAME", "file", StringComparison.Ordinal).Replace("PORT", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .ReplaceLineEndings("\n  ") + "\n";

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "envoy.yaml");
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>One run of the host. Killed when disposed.</summary>
    private sealed class Host : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly Process _process;
        private readonly StringBuilder _output = new();
        private readonly StringBuilder _error = new();
        private readonly SemaphoreSlim _lines = new(0);

        public Host(params string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet", [Assembly(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
            _process = Process.Start(start)!;
            _process.OutputDataReceived += (_, e) => Append(_output, e.Data);
            _process.ErrorDataReceived += (_, e) => Append(_error, e.Data);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public int Id => _process.Id;

        public string Output => Text(_output);

        public string Error => Text(_error);

        public async Task<int> ExitCodeAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }

        public async Task WaitForAsync(string text)
        {
            while (!Error.Contains(text, StringComparison.Ordinal))
                Assert.That(await _lines.WaitAsync(Patience), $"'{text}' does not come:\n{Error}");
        }

        /// <summary>The ports of the listeners, once there are <paramref name="count"/>.</summary>
        public async Task<IReadOnlyDictionary<string, int>> PortsAsync(int count)
        {
            while (true)
            {
                var ports = Listens.Matches(Error).ToDictionary(m => m.Groups["name"].Value, m => int.Parse(m.Groups["port"].Value, CultureInfo.InvariantCulture));
                if (ports.Count == count)
                    return ports;
                Assert.That(await _lines.WaitAsync(Patience), $"not {count} listeners:\n{Error}");
            }
        }

        public async Task QuitAsync(int adminPort)
        {
            await WaitForAsync("starting main dispatch loop");
            using var client = new HttpClient();
            using var response = await client.PostAsync(new Uri($"http://127.0.0.1:{adminPort}/quitquitquit"), null);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
            _lines.Dispose();
        }

        /// <summary>Beside the tests' own output: the same configuration and framework.</summary>
        private static string Assembly()
        {
            var bin = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
            var root = bin.Parent!.Parent!.Parent!.Parent!.Parent!;
            return Path.Combine(root.FullName, "examples", "EnvoyHost", "bin", bin.Parent.Name, bin.Name, "EnvoyHost.dll");
        }

        private static string Text(StringBuilder text)
        {
            lock (text)
                return text.ToString();
        }

        private void Append(StringBuilder text, string? line)
        {
            lock (text)
                text.Append(line).Append('\n');
            try
            {
                _lines.Release();
            }
            catch (ObjectDisposedException)
            {
                // A last line of a process that the test has left behind.
            }
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>A server of somebody else's on a Unix socket that tells each request it has found in what it was sent.</summary>
internal sealed class Peer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _socket;

    private Peer(string name, Process process, string socket)
    {
        Name = name;
        _process = process;
        _socket = socket;
    }

    public string Name { get; }

    /// <summary>Starts it; null: it is not installed.</summary>
    public static async Task<Peer?> TryStartAsync(string name, string socket, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        var said = new StringBuilder();
        process.OutputDataReceived += (_, e) => said.AppendLine(e.Data);
        process.ErrorDataReceived += (_, e) => said.AppendLine(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var peer = new Peer(name, process, socket);
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                peer.Connect().Dispose();
                return peer;
            }
            catch (SocketException) when (!process.HasExited && waited.Elapsed < Patience)
            {
                // Not there yet; none of them tells when it is.
                await Task.Delay(10);
            }
            catch (SocketException)
            {
                peer.Dispose();
                throw new InvalidOperationException($"{name} did not start: {said}");
            }
        }
    }

    /// <summary>
    /// Sends bytes to a new connection, which their last request ends; what it has found, as <c>METHOD PATH BODYLENGTH DIGEST</c>, with
    /// <c>refused</c> for each answer that is an error.
    /// </summary>
    public async Task<IReadOnlyList<string>> ReadAsync(byte[] bytes)
    {
        using var socket = Connect();
        using var patience = new CancellationTokenSource(Patience);
        // Beside the reading: more than a socket holds may be under way both ways.
        var sending = SendAsync(socket, bytes, patience.Token);
        var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var n)
                answer.Write(buffer, 0, n);
        }
        catch (SocketException)
        {
            // It had enough; what came before counts.
        }

        await sending;
        return Parse(Encoding.Latin1.GetString(answer.ToArray()));
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken patience)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[await socket.SendAsync(bytes, patience)..];
        }
        catch (SocketException)
        {
            // It had enough.
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static List<string> Parse(string answers)
    {
        var found = new List<string>();
        for (var rest = answers; rest.Length > 0;)
        {
            var end = rest.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (!rest.StartsWith("HTTP/1.", StringComparison.Ordinal) || end < 0)
            {
                found.Add("garbage");
                break;
            }

            var head = rest[..end];
            var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
            var length = Header(head, "content-length") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : status < 200 ? 0 : rest.Length - end - 4;
            rest = rest[Math.Min(rest.Length, end + 4 + length)..];
            if (Header(head, "x-seen") is { } seen)
                found.Add(Uri.UnescapeDataString(seen));
            else if (status >= 200)
                found.Add("refused");
        }

        return found;
    }

    private static string? Header(string head, string name) =>
        head.Split("\r\n").FirstOrDefault(l => l.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_socket));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

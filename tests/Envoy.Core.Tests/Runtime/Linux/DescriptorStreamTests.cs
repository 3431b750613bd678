using System.Net;
using System.Net.Sockets;
using Envoy.Runtime.Linux;

namespace Envoy.Core.Tests.Runtime.Linux;

/// <summary>Writes to a descriptor that somebody has made non-blocking, as a shell's pipe may be.</summary>
[TestFixture]
public sealed class DescriptorStreamTests
{
    [SetUp]
    public void OnLinuxOnly()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("Linux only");
    }

    [Test]
    public async Task Write_ToADescriptorThatIsFull_WaitsForItsReader()
    {
        var (writer, reader) = await Pair();
        using var _ = writer;
        using var __ = reader;
        await using var stream = DescriptorStream.Duplicate((int)writer.Handle);
        var bytes = new byte[8_000_000];
        new Random(1).NextBytes(bytes);
        var reading = Task.Run(() =>
        {
            var got = new byte[bytes.Length];
            var length = 0;
            while (length < got.Length && reader.Receive(got, length, got.Length - length, SocketFlags.None) is > 0 and var more)
                length += more;
            return got;
        });
        stream.Write(bytes);
        Assert.That((await reading).AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task Write_WhoseReaderTakesNothing_Fails()
    {
        var (writer, reader) = await Pair();
        using var _ = writer;
        using var __ = reader;
        await using var stream = DescriptorStream.Duplicate((int)writer.Handle);
        Assert.Throws<IOException>(() => stream.Write(new byte[64_000_000]));
    }

    private static async Task<(Socket Writer, Socket Reader)> Pair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var writer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        var accepting = listener.AcceptAsync();
        await writer.ConnectAsync(listener.LocalEndPoint!);
        return (writer, await accepting);
    }
}

using System.Buffers;
using System.Text;

namespace Envoy.Testing;

/// <summary>A request that a <see cref="FakeUpstream"/> was sent. Thread-safe.</summary>
public sealed class ReceivedRequest
{
    private readonly ArrayBufferWriter<byte> _body = new();
    private WireHeaders _trailers = WireHeaders.Empty;
    private volatile bool _complete;

    internal ReceivedRequest(int number, int connectionNumber, string[] head)
    {
        Number = number;
        ConnectionNumber = connectionNumber;
        var parts = head[0].Split(' ');
        if (parts.Length != 3)
            throw new InvalidDataException($"This is no request line: '{head[0]}'.");
        Method = parts[0];
        Path = parts[1];
        Version = parts[2];
        Headers = WireHeaders.Parse(head.AsEnumerable().Skip(1));
    }

    /// <summary>1 for the upstream's first request.</summary>
    public int Number { get; }

    /// <summary>The <see cref="FakeConnection.Number"/> of the connection it came on.</summary>
    public int ConnectionNumber { get; }

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>The request target, as it stood in the request line.</summary>
    public string Path { get; }

    /// <summary><c>HTTP/1.1</c>.</summary>
    public string Version { get; }

    /// <summary>The headers.</summary>
    public WireHeaders Headers { get; }

    /// <summary>The trailers; empty until it is complete.</summary>
    public WireHeaders Trailers => Volatile.Read(ref _trailers);

    /// <summary>All of it has arrived.</summary>
    public bool IsComplete => _complete;

    /// <summary>The body, as far as it has been read.</summary>
    public byte[] Body
    {
        get
        {
            lock (_body)
                return _body.WrittenSpan.ToArray();
        }
    }

    /// <summary><see cref="Body"/> as UTF-8 text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body);

    internal ArrayBufferWriter<byte> BodyStream => _body;

    internal void Complete(WireHeaders trailers)
    {
        Volatile.Write(ref _trailers, trailers);
        _complete = true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}

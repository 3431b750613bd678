using Envoy.Extensions;

namespace Envoy.TransportSockets;

/// <summary>Accepted connections as they are (<c>raw_buffer.v3.RawBuffer</c>): what a filter chain without a transport socket has. Immutable.</summary>
public sealed record DownstreamRawBufferOptions : DownstreamTransportSocketOptions
{
    internal override IDownstreamTransportSocketSnapshot? Compile(TransportSocketContext context) => null;
}

/// <summary>A cluster's connections as they are (<c>raw_buffer.v3.RawBuffer</c>): what a cluster without a transport socket has. Immutable.</summary>
public sealed record UpstreamRawBufferOptions : UpstreamTransportSocketOptions
{
    internal override IUpstreamTransportSocketSnapshot? Compile(TransportSocketContext context) => null;
}

/// <summary><c>envoy.transport_sockets.raw_buffer</c> of filter chains. Immutable.</summary>
public sealed class DownstreamRawBufferExtension : DownstreamTransportSocketExtension
{
    private static readonly FieldTable<DownstreamRawBufferOptions> Fields = new(RawBuffer.Message, new DownstreamRawBufferOptions());

    /// <inheritdoc/>
    public override string Name => RawBuffer.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => RawBuffer.Aliases;

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => RawBuffer.Types;

    /// <inheritdoc/>
    public override Type OptionsType => typeof(DownstreamRawBufferOptions);

    internal override DownstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context) => Fields.Read(node, context);
}

/// <summary><c>envoy.transport_sockets.raw_buffer</c> of clusters. Immutable.</summary>
public sealed class UpstreamRawBufferExtension : UpstreamTransportSocketExtension
{
    private static readonly FieldTable<UpstreamRawBufferOptions> Fields = new(RawBuffer.Message, new UpstreamRawBufferOptions());

    /// <inheritdoc/>
    public override string Name => RawBuffer.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => RawBuffer.Aliases;

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => RawBuffer.Types;

    /// <inheritdoc/>
    public override Type OptionsType => typeof(UpstreamRawBufferOptions);

    internal override UpstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context) => Fields.Read(node, context);
}

/// <summary>What both sides' are called.</summary>
file static class RawBuffer
{
    public const string Name = "envoy.transport_sockets.raw_buffer";

    public const string Message = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

    public static string[] Aliases { get; } = ["raw_buffer"];

    public static string[] Types { get; } = [Message, "envoy.config.transport_socket.raw_buffer.v2.RawBuffer"];
}

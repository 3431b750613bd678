using System.Text;
using Envoy.Buffers;
using Envoy.Formatting;

namespace Envoy.Routing;

/// <summary>Answers without an upstream. Immutable.</summary>
internal sealed class DirectResponseAction : RouteAction
{
    internal DirectResponseAction(DirectResponseActionConfig config, CompiledFormat? format)
    {
        Status = config.Status;
        Body = Encoding.UTF8.GetBytes(config.Body);
        Format = format;
    }

    /// <summary>The status, 200 to 599.</summary>
    public int Status { get; }

    /// <summary>The body's bytes; may be empty.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>How the body is made; null: as it is.</summary>
    public CompiledFormat? Format { get; }

    /// <summary>The body of one answer.</summary>
    public ReadOnlyMemory<byte> BodyFor(FormatContext context)
    {
        if (Format is null)
            return Body;
        var sink = new ByteSink();
        context.LocalReplyBody = Body;
        Format.Write(context, sink);
        return sink.Written.ToArray();
    }
}

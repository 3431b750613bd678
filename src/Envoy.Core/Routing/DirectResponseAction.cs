using System.Text;

namespace Envoy.Routing;

/// <summary>Answers without an upstream. Immutable.</summary>
internal sealed class DirectResponseAction(DirectResponseActionConfig config) : RouteAction
{
    /// <summary>The status, 200 to 599.</summary>
    public int Status { get; } = config.Status;

    /// <summary>The body's bytes; may be empty.</summary>
    public ReadOnlyMemory<byte> Body { get; } = Encoding.UTF8.GetBytes(config.Body);
}

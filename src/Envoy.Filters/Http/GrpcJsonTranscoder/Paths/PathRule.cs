using System.Text;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>One way of asking for a method over HTTP. Immutable.</summary>
internal sealed class PathRule
{
    public PathRule(ProtoMethod method, ProtoField[] body, ProtoField[] responseBody, IReadOnlyList<PathTemplate.Variable> variables)
    {
        Method = method;
        Body = body;
        ResponseBody = responseBody;
        GrpcPath = Encoding.UTF8.GetBytes($"/{method.Service}/{method.Name}");
        RequestIsHttpBody = (body.Length > 0 ? body[^1].Message : method.Input)?.IsHttpBody ?? false;
        ResponseIsHttpBody = (responseBody.Length > 0 ? responseBody[^1].Message : method.Output)?.IsHttpBody ?? false;
        Variables = [.. variables.Select(v => new BoundVariable(v, method.Input))];
    }

    public ProtoMethod Method { get; }

    /// <summary>The path of the gRPC request.</summary>
    public byte[] GrpcPath { get; }

    /// <summary>The field that the body is; empty: the request itself.</summary>
    public ProtoField[] Body { get; }

    /// <summary>The field of the response that is sent; empty: all of it.</summary>
    public ProtoField[] ResponseBody { get; }

    /// <summary>The body goes into a <c>google.api.HttpBody</c> as it is.</summary>
    public bool RequestIsHttpBody { get; }

    /// <summary>The response is what a <c>google.api.HttpBody</c> says.</summary>
    public bool ResponseIsHttpBody { get; }

    public BoundVariable[] Variables { get; }

    /// <summary>A variable and the field that it is for. Immutable.</summary>
    internal sealed class BoundVariable
    {
        public BoundVariable(PathTemplate.Variable variable, ProtoMessage message)
        {
            Name = Encoding.UTF8.GetBytes(variable.FieldPath);
            Start = variable.Start;
            End = variable.End;
            Path = ProtoTypes.FindPath(message, variable.FieldPath, out var error);
            Error = error;
        }

        public byte[] Name { get; }

        /// <summary>Null: the message has no such field, so that the variable is treated as an unknown query parameter is.</summary>
        public ProtoField[]? Path { get; }

        public string Error { get; }

        public int Start { get; }

        public int End { get; }
    }
}

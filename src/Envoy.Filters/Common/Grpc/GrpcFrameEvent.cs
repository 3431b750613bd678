namespace Envoy.Filters.Common.Grpc;

/// <summary>What a <see cref="GrpcFrameReader"/> came upon. Immutable.</summary>
internal enum GrpcFrameEvent
{
    /// <summary>All input is used up; the frame at hand, if any, goes on in what comes next.</summary>
    NeedMore,

    /// <summary>A frame's five bytes of header are complete: its flags and its length are known.</summary>
    Header,

    /// <summary>A frame's message is complete; an empty one ends right behind its header.</summary>
    End,

    /// <summary>The header has flags that are not allowed. Nothing more is read.</summary>
    BadFlags,

    /// <summary>The header announces a message above the limit. Nothing more is read.</summary>
    TooLong,
}

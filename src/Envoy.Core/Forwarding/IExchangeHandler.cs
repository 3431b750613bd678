using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;

namespace Envoy.Forwarding;

/// <summary>Who sends a request through an <see cref="UpstreamExchange"/> and takes what comes back. Worker-owned.</summary>
internal interface IExchangeHandler
{
    HeaderMap ResponseHeaders { get; }

    HeaderMap ResponseTrailers { get; }

    void OnInformational();

    void OnResponseHeaders(int status, bool endStream);

    void OnResponseData(ByteQueue data, bool endStream);

    void OnResponseTrailers();

    /// <summary>Marks the exchange, whatever comes of it.</summary>
    void AddFlags(ResponseFlags flags);

    /// <summary>The request is about to be sent for the <paramref name="number"/>th time; its headers may still change.</summary>
    void OnAttempt(int number, bool afterTimeout);

    /// <summary>There is no response, or no more of it. <paramref name="failure"/> says what to answer if none has begun.</summary>
    void OnFailed(in ExchangeFailure failure);

    /// <summary>The upstream takes no more for the moment.</summary>
    void OnAboveRequestHighWatermark();

    /// <summary>The upstream takes more again.</summary>
    void OnBelowRequestLowWatermark();
}

/// <summary>How an exchange failed, in Envoy's words. Immutable.</summary>
/// <param name="Status">The status to answer with.</param>
/// <param name="Body">The body to answer with.</param>
/// <param name="Details">The response-code details.</param>
/// <param name="Flags">The response flags.</param>
internal readonly record struct ExchangeFailure(int Status, string Body, string Details, ResponseFlags Flags)
{
    /// <summary>Why there was no connection; empty: there was one, or nobody knows.</summary>
    public string TransportFailure { get; init; } = "";

    /// <summary>A limit of the cluster was the reason: the answer says <c>x-envoy-overloaded</c>.</summary>
    public bool Overloaded { get; init; }
}

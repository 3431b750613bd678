using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>One level's changes to a request and its response, compiled. Immutable.</summary>
internal sealed class MessageMutations
{
    private MessageMutations(
        HeaderMutationList request, HeaderMutationList response, HeaderMutationList requestTrailers, HeaderMutationList responseTrailers, QueryMutationList? query)
    {
        Request = request;
        Response = response;
        RequestTrailers = requestTrailers;
        ResponseTrailers = responseTrailers;
        Query = query;
    }

    public HeaderMutationList Request { get; }

    public HeaderMutationList Response { get; }

    public HeaderMutationList RequestTrailers { get; }

    public HeaderMutationList ResponseTrailers { get; }

    public QueryMutationList? Query { get; }

    /// <summary>Compiles; what is wrong goes to <paramref name="onError"/>, with its path.</summary>
    public static MessageMutations Compile(MessageMutationsConfig config, Action<string, string> onError) => new(
        HeaderMutationList.Compile(config.Request, "request_mutations", onError),
        HeaderMutationList.Compile(config.Response, "response_mutations", onError),
        HeaderMutationList.Compile(config.RequestTrailers, "request_trailers_mutations", onError),
        HeaderMutationList.Compile(config.ResponseTrailers, "response_trailers_mutations", onError),
        QueryMutationList.Compile(config.QueryParameters, onError));

    public void ChangeRequest(HeaderMap headers, FormatContext context, MatchScratch scratch, ByteSink values)
    {
        Request.Apply(headers, context, scratch, values);
        Query?.Apply(headers, context, values);
    }
}

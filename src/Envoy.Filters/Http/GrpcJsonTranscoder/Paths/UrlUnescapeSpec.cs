namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>Which of a path's percent-encoded bytes a variable of several segments gets decoded; one of a single segment gets them all.</summary>
public enum UrlUnescapeSpec
{
    /// <summary>All but the characters that RFC 6570 reserves.</summary>
    AllCharactersExceptReserved,

    /// <summary>All but the slash.</summary>
    AllCharactersExceptSlash,

    /// <summary>All.</summary>
    AllCharacters,
}

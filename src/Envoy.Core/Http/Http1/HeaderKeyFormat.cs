namespace Envoy.Http.Http1;

/// <summary>How HTTP/1 header names are written (<c>core.v3.Http1ProtocolOptions.HeaderKeyFormat</c>).</summary>
public enum HeaderKeyFormat
{
    /// <summary>In lower case. The default.</summary>
    LowerCase,

    /// <summary><c>Like-This</c> (<c>proper_case_words</c>).</summary>
    ProperCaseWords,

    /// <summary>As the other side wrote them (<c>preserve_case</c>); what the proxy adds itself is in lower case.</summary>
    PreserveCase,

    /// <summary>As the other side wrote them; what the proxy adds itself is <c>Like-This</c> (<c>formatter_type_on_envoy_headers: PROPER_CASE</c>).</summary>
    PreserveOrProperCase,
}

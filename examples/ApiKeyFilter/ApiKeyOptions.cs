using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace ApiKeyFilterSample;

#region options
/// <summary>Options of the API key filter. Immutable.</summary>
public sealed record ApiKeyOptions : HttpFilterOptions
{
    internal static readonly FieldTable<ApiKeyOptions> Fields = new FieldTable<ApiKeyOptions>("example.ApiKey", new ApiKeyOptions())
        .Text("key", o => o.Key, (o, v) => o with { Key = v }, required: true);

    /// <summary>The key; not empty.</summary>
    public string Key { get; init; } = "";

    public override void Validate(ConfigValidation validation)
    {
        if (Key.Contains(' ', StringComparison.Ordinal))
            validation.Error(this, "key", "must not contain a space");
    }

    protected override IHttpFilterSnapshot Compile(FilterCompileContext context) => new Snapshot(System.Text.Encoding.ASCII.GetBytes(Key));

    private sealed class Snapshot(byte[] key) : IHttpFilterSnapshot, IHttpFilterFactory
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public IHttpFilter Create() => new ApiKeyFilter(key);
    }
}

/// <summary>The API key filter in the catalogue. Immutable.</summary>
public sealed class ApiKeyExtension : HttpFilterExtension
{
    public override string Name => "example.api_key";

    public override IReadOnlyList<string> TypeUrls => ["example.ApiKey"];

    public override Type OptionsType => typeof(ApiKeyOptions);

    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => ApiKeyOptions.Fields.Read(node, context);
}
#endregion

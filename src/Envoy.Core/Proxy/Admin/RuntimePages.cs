using Envoy.RuntimeSettings;

namespace Envoy.Proxy.Admin;

/// <summary><c>/runtime</c> and <c>/runtime_modify</c>. Immutable.</summary>
internal static class RuntimePages
{
    /// <summary>Renders every key with its value in each layer and the one that counts.</summary>
    public static ReadOnlyMemory<byte> Render(RuntimeLoader runtime) => AdminJson.Write(runtime, static (json, runtime) =>
    {
        json.WriteStartArray("layers");
        foreach (var layer in runtime.Layers)
            json.WriteStringValue(layer);
        json.WriteEndArray();
        json.WriteStartObject("entries");
        foreach (var (key, values, final) in runtime.Describe())
        {
            json.WriteStartObject(key);
            json.WriteStartArray("layer_values");
            foreach (var value in values)
                json.WriteStringValue(value);
            json.WriteEndArray();
            json.WriteString("final_value", final);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    /// <summary>Sets the keys of the query.</summary>
    public static AdminResponse Modify(AdminQuery query, RuntimeLoader runtime)
    {
        if (query.All.Count == 0)
            return AdminResponse.OfText(400, "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\nor send the parameters as form values\nuse an empty value to remove a previously added override");
        if (!runtime.HasAdmin)
            return AdminResponse.OfText(503, "No admin layer specified");
        runtime.Modify(query.All);
        return AdminResponse.OfText(200, "OK\n");
    }
}

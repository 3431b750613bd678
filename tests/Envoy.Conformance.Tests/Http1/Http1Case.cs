using System.Text.Json;

namespace Envoy.Conformance.Tests.Http1;

/// <summary>One line of <c>http1/cases.jsonl</c>.</summary>
internal sealed record Http1Case
{
    public required string Id { get; init; }

    public required string Source { get; init; }

    public required string Expect { get; init; }

    public required bool IsResponse { get; init; }

    /// <summary>What is sent, one step after the other on one connection.</summary>
    public required IReadOnlyList<byte[]> Steps { get; init; }

    /// <summary>False when the source's verdict is that of a parser told to be lenient, which we cannot be.</summary>
    public required bool IsStrict { get; init; }

    /// <summary>Whether the verdict is that of a whole server, which also asks for Host and for HTTP/1.1.</summary>
    public required bool IsServerLevel { get; init; }

    /// <summary>Whether the verdict is that of Envoy's codec.</summary>
    public required bool IsEnvoyCodec { get; init; }

    public required string Settings { get; init; }

    /// <summary>The status Envoy v1.32 really answered these bytes with; empty when not recorded.</summary>
    public required string EnvoyAnswered { get; init; }

    public required int Status { get; init; }

    public required string Details { get; init; }

    /// <summary>The headers Envoy's codec hands on.</summary>
    public required IReadOnlyList<(string Name, string Value)> Headers { get; init; }

    /// <summary>Method and body of each request, where the source lists them.</summary>
    public required IReadOnlyList<(string Method, string Body)> Requests { get; init; }

    public static IEnumerable<Http1Case> Load(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            yield return Parse(document.RootElement);
        }
    }

    private static Http1Case Parse(JsonElement root)
    {
        var isSequence = Text(root, "kind") == "sequence";
        var steps = isSequence
            ? root.GetProperty("steps").EnumerateArray().Select(x => Text(x, "PayloadFactory")).Where(x => x.Length > 0)
            : [Text(root, "payload_b64")];
        var headers = Elements(root, "headers").Select(x => (x[0].GetString()!, x[1].GetString()!));
        var requests = Elements(root, "requests").Select(x => (Text(x, "method"), Text(x, "body")));
        var observed = root.TryGetProperty("observed", out var answers)
            ? answers.EnumerateObject().Where(x => x.Name.StartsWith("Envoy", StringComparison.Ordinal)).Select(x => x.Value).FirstOrDefault()
            : default;
        return new Http1Case
        {
            Id = Text(root, "id"),
            Source = Text(root, "source"),
            Expect = Text(root, "expect"),
            IsResponse = Text(root, "kind") == "response",
            Steps = [.. steps.Select(Convert.FromBase64String)],
            IsStrict = !root.TryGetProperty("strict", out var strict) || strict.ValueKind != JsonValueKind.False,
            IsServerLevel = Text(root, "level_of_check") == "server",
            IsEnvoyCodec = Text(root, "level_of_check") == "Envoy codec",
            Settings = root.TryGetProperty("settings", out var settings) ? settings.ToString() : "",
            EnvoyAnswered = observed.ValueKind == JsonValueKind.Object && observed.GetProperty("payload_same_as_now").GetBoolean()
                ? observed.GetProperty("got").ToString()
                : "",
            Status = root.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number ? status.GetInt32() : 0,
            Details = Text(root, "details"),
            Headers = [.. headers],
            Requests = [.. requests],
        };
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static JsonElement.ArrayEnumerator Elements(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default;
}

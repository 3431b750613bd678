using System.Collections.Frozen;
using System.Text.Json;

namespace Envoy.Filters.Network.ClientSslAuth;

/// <summary>The certificates that a service approves, by their SHA-256. One worker sets them, all read them. Thread-safe.</summary>
internal sealed class ApprovedPrincipals
{
    private volatile FrozenSet<string> _current = [];

    /// <summary>How many there are.</summary>
    public int Count => _current.Count;

    public bool Contains(string sha256) => _current.Contains(sha256);

    /// <summary>Takes the service's answer in place of the one before; false, and nothing changes: it is not one.</summary>
    public bool TryReplace(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("certificates"u8, out var certificates) || certificates.ValueKind != JsonValueKind.Array)
            {
                return false;
            }

            var approved = new HashSet<string>(StringComparer.Ordinal);
            foreach (var certificate in certificates.EnumerateArray())
            {
                if (certificate.ValueKind != JsonValueKind.Object
                    || !certificate.TryGetProperty("fingerprint_sha256"u8, out var fingerprint) || fingerprint.ValueKind != JsonValueKind.String)
                {
                    return false;
                }

                approved.Add(fingerprint.GetString()!);
            }

            _current = approved.ToFrozenSet(StringComparer.Ordinal);
            return true;
        }
        // The second: a text that is no Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

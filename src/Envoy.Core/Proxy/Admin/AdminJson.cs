using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Envoy.Net;

namespace Envoy.Proxy.Admin;

/// <summary>JSON as protobuf prints it, which is Envoy's: one space of indent, 64-bit numbers as strings, a newline at the end. Immutable.</summary>
internal static class AdminJson
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes one object.</summary>
    public static ReadOnlyMemory<byte> Write<T>(T state, Action<Utf8JsonWriter, T> fields)
    {
        var page = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(page, Options))
        {
            json.WriteStartObject();
            fields(json, state);
            json.WriteEndObject();
        }

        page.Write("\n"u8);
        return page.WrittenMemory;
    }

    /// <summary>Writes a text unless it is empty, protobuf's default.</summary>
    public static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
    }

    /// <summary>Writes an address (<c>core.v3.Address</c>).</summary>
    public static void Address(Utf8JsonWriter json, AddressConfig address)
    {
        switch (address)
        {
            case SocketAddressConfig socket:
                json.WriteStartObject("socket_address");
                json.WriteString("address", socket.Address);
                json.WriteNumber("port_value", socket.PortValue);
                json.WriteEndObject();
                break;
            case PipeAddressConfig pipe:
                json.WriteStartObject("pipe");
                json.WriteString("path", pipe.Path);
                json.WriteEndObject();
                break;
            default:
                // Envoy's nearest word for what is reached inside the process.
                json.WriteStartObject("envoy_internal_address");
                json.WriteString("server_listener_name", address is MemoryAddressConfig memory ? memory.Name : address.ToString());
                json.WriteEndObject();
                break;
        }
    }

    /// <summary>A duration as protobuf writes it: <c>600s</c>.</summary>
    public static string Duration(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s";
}

using Envoy.AccessLog.Files;
using Envoy.Extensions;
using Envoy.Formatting;

namespace Envoy.AccessLog;

/// <summary>
/// Options of <c>envoy.access_loggers.file</c>, and of the logs to standard output and standard error, which are files too. Lines are
/// gathered and written by a thread of the file's own. Immutable.
/// </summary>
public sealed record FileAccessLogOptions : AccessLogOptions
{
    /// <summary>Envoy's own format, one line an exchange.</summary>
    public const string DefaultFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
        + "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

    /// <summary>The path of the standard output.</summary>
    public const string StandardOutput = "/dev/stdout";

    /// <summary>The path of the standard error.</summary>
    public const string StandardError = "/dev/stderr";

    /// <summary>The file; it is made where there is none, and appended to. Required.</summary>
    public required string Path { get; init; }

    /// <summary>What is written. Text ends where it ends, without a line feed of its own; JSON has one behind it. Default <see cref="DefaultFormat"/>.</summary>
    public SubstitutionFormatConfig Format { get; init; } = new() { Text = DefaultFormat };

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (Path.Length == 0)
            validation.ErrorAt(this, "path", "must not be empty");
        if (CompiledFormat.TryCompile(Format, out var error) is null && !validation.IsRefused(this, "log_format", "format", "json_format", "typed_json_format"))
            validation.Error(this, "log_format", error);
    }

    internal override ICompiledAccessLog Compile(LogFiles files) =>
        new FileAccessLog(CompiledFormat.TryCompile(Format, out var error) ?? throw new ArgumentException(error, nameof(files)), files.Open(Path));
}

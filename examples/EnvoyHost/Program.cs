using System.Reflection;
using System.Runtime.InteropServices;
using Envoy.Config;
using Envoy.Proxy;
using EnvoyHost;
using Microsoft.Extensions.Logging;

// `envoy -c file.yaml` of this library. Exit codes: 0 after a clean stop, 1 when something was wrong.
if (HostOptions.Parse(args, out var wrong) is not { } options)
    return Fail($"{wrong}\n\n{HostOptions.Usage}");
if (options.ShowHelp || options.ShowVersion)
{
    Console.WriteLine(options.ShowHelp
        ? HostOptions.Usage
        : "EnvoyHost " + typeof(HostOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
    return 0;
}

#region load
const string TextName = "--config-yaml";
var result = options switch
{
    { ConfigPath: "" } => EnvoyConfigLoader.Parse(options.ConfigYaml, TextName),
    { ConfigYaml: "" } => EnvoyConfigLoader.LoadFile(options.ConfigPath),
    _ => EnvoyConfigLoader.LoadFile(options.ConfigPath, options.ConfigYaml, TextName),
};
if (result.Config is not { } config)
    return Fail(string.Join('\n', result.Errors));
#endregion
if (options.ValidateOnly)
{
    Console.WriteLine($"configuration '{(options.ConfigPath.Length > 0 ? options.ConfigPath : TextName)}' OK");
    return 0;
}

if (options.Explain.Length > 0)
{
    var question = options.Explain.Split(' ');
    try
    {
        Console.Write(EnvoyProxy.Explain(config, new ExplainRequest(question[0], question[1])));
        return 0;
    }
    catch (ArgumentException e)
    {
        return Fail(e.Message);
    }
}

using var log = new StandardErrorLog(options.LogLevel);
var stop = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    #region serve
    await using var proxy = await EnvoyProxy.StartAsync(config, new EnvoyProxyOptions { Concurrency = options.Concurrency, LoggerFactory = log });
    log.Write(LogLevel.Information, "main", "starting main dispatch loop");
    await Task.WhenAny(stop.Task, proxy.ShutdownRequested, proxy.Completion);
    #endregion

    // A loop that failed ends the process with its exception: what is supervised is restarted.
    if (proxy.Completion.IsFaulted)
        await proxy.Completion;
    log.Write(LogLevel.Warning, "main", stop.Task.IsCompleted ? "caught " + stop.Task.Result : "shutdown requested by the admin interface");
}
catch (ProxyStartException e)
{
    return Fail(e.Message);
}
catch (Exception e) when (e is not OutOfMemoryException)
{
    log.Write(LogLevel.Critical, "main", e.ToString());
    return 1;
}

log.Write(LogLevel.Information, "main", "exiting");
return 0;

void Stop(PosixSignalContext context)
{
    // The default would end the process at once.
    context.Cancel = true;
    stop.TrySetResult(context.Signal.ToString());
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}

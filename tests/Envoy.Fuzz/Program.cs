using Envoy.Fuzz.Engine;
using Envoy.Fuzz.Targets;

// dotnet run -c Release --project tests/Envoy.Fuzz -- --seconds 60 [--seed N] [--target http1|headers|hpack|http2|hello|proxyheader|routes|format|config|transcoder|grpcweb] [--runs N] [--input BASE64]
var options = FuzzOptions.Parse(args, out var wrong);
if (options is null)
{
    Console.Error.WriteLine(wrong);
    Console.Error.WriteLine(FuzzOptions.Usage);
    return 2;
}

Func<IFuzzTarget>[] all = [() => new Http1Target(), () => new HeadersTarget(), () => new HpackTarget(), () => new Http2Target(), () => new ClientHelloTarget(), () => new ProxyHeaderTarget(), () => new RoutesTarget(), () => new FormatTarget(), () => new ConfigTarget(), () => new TranscoderTarget(), () => new GrpcWebTarget()];
var targets = all.Select(make => make()).Where(t => options.Target is null || t.Name == options.Target).ToList();
if (targets.Count == 0)
{
    Console.Error.WriteLine($"there is no target '{options.Target}'");
    return 2;
}

if (options.Input is { } input)
    return FuzzLoop.Replay(targets, input);
return targets.All(t => new FuzzLoop(t, options with { Seconds = options.Seconds / targets.Count }).Run()) ? 0 : 1;

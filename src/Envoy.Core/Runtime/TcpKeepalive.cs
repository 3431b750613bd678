namespace Envoy.Runtime;

/// <summary>Probes of a connection on which nothing moves (SO_KEEPALIVE); 0 everywhere: the system's own numbers. Immutable.</summary>
/// <param name="Probes">Probes without an answer until the connection is given up.</param>
/// <param name="TimeSeconds">Silence before the first probe, in seconds.</param>
/// <param name="IntervalSeconds">Between probes, in seconds.</param>
internal sealed record TcpKeepalive(int Probes, int TimeSeconds, int IntervalSeconds);

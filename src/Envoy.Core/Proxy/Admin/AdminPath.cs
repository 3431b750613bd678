namespace Envoy.Proxy.Admin;

/// <summary>A path of the admin interface. Immutable.</summary>
/// <param name="Path">The path, matched exactly.</param>
/// <param name="Help">What <c>/help</c> says of it.</param>
/// <param name="Mutates">Whether it changes something, so that only POST may ask for it.</param>
/// <param name="Handle">Makes the answer.</param>
internal sealed record AdminPath(string Path, string Help, bool Mutates, Func<AdminQuery, AdminModel, AdminResponse> Handle)
{
    /// <summary>The parameters that <c>/help</c> lists, a line each.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];
}

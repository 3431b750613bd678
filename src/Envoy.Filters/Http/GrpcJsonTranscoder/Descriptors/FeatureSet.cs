namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>
/// What of an edition's features (<c>google.protobuf.FeatureSet</c>) matters here; proto2 and proto3 are two such sets. Inner ones inherit
/// from outer ones. Immutable.
/// </summary>
internal readonly record struct FeatureSet(bool HasPresence, bool IsPacked, bool IsDelimited)
{
    public static FeatureSet Of(string syntax) => syntax switch
    {
        "proto3" => new FeatureSet(HasPresence: false, IsPacked: true, IsDelimited: false),
        "editions" => new FeatureSet(HasPresence: true, IsPacked: true, IsDelimited: false),
        _ => new FeatureSet(HasPresence: true, IsPacked: false, IsDelimited: false),
    };

    /// <summary>These features, with what an options message's <c>features</c> field (<paramref name="number"/>) says instead.</summary>
    public FeatureSet With(ReadOnlySpan<byte> options, int number)
    {
        var features = this;
        var reader = new WireReader(options);
        while (reader.TryReadTag(out var field, out var type))
        {
            if (field == number && type == WireType.Bytes && reader.TryReadBytes(out var set))
                features = features.With(set);
            else if (field != number && !reader.TrySkip(field, type))
                break;
        }

        return features;
    }

    private FeatureSet With(ReadOnlySpan<byte> set)
    {
        var features = this;
        var reader = new WireReader(set);
        while (reader.TryReadTag(out var field, out var type))
        {
            if (type != WireType.Varint)
            {
                if (!reader.TrySkip(field, type))
                    break;
                continue;
            }

            if (!reader.TryReadVarint(out var value))
                break;
            features = (field, value) switch
            {
                (1, 1 or 3) => features with { HasPresence = true },
                (1, 2) => features with { HasPresence = false },
                (3, 1 or 2) => features with { IsPacked = value == 1 },
                (5, 1 or 2) => features with { IsDelimited = value == 2 },
                _ => features,
            };
        }

        return features;
    }
}

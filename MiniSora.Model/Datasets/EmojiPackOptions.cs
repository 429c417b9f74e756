namespace MiniSora.Model.Datasets;

/// <summary>Which part of the animated emoji to prepare.</summary>
public enum EmojiSelection
{
    /// <summary>Package 3 of 4: 568 animated clips, about 205 MB to fetch. Default.</summary>
    Light,

    /// <summary>All four packages: 2,109 animated clips, about 735 MB to fetch.</summary>
    Full,
}

/// <summary>How <see cref="EmojiPack.PrepareAsync"/> gets its packages.</summary>
public sealed record EmojiPackOptions
{
    /// <summary>Which packages. Default light.</summary>
    public EmojiSelection Selection { get; init; } = EmojiSelection.Light;

    /// <summary>Never use the network: take packages from <see cref="Archives"/> and <c>{data}/datasets/emoji/</c> only.</summary>
    public bool Offline { get; init; }

    /// <summary>Already downloaded .tgz files; recognised by their SHA-256, so the names do not matter.</summary>
    public IReadOnlyList<string> Archives { get; init; } = [];

    /// <summary>Frames of the cache made at once, T. Default 16. Other sizes are made when asked for.</summary>
    public int Frames { get; init; } = 16;

    /// <summary>Height and width of the cache made at once, in pixels. Default 32.</summary>
    public int Size { get; init; } = 32;

    /// <summary>The npm program. Default <c>npm</c> from the search path.</summary>
    public string Npm { get; init; } = "npm";
}

namespace MiniSora.Model.Datasets;

/// <summary>One npm package, pinned by the SHA-256 of its archive.</summary>
/// <param name="Name">npm name.</param>
/// <param name="Version">Exact version.</param>
/// <param name="Sha256">Of the .tgz, hex.</param>
/// <param name="Bytes">Of the .tgz; about, for progress and room on the disk.</param>
internal sealed record EmojiPackage(string Name, string Version, string Sha256, long Bytes)
{
    /// <summary>The name npm gives the archive.</summary>
    internal string FileName => $"{Name.TrimStart('@').Replace('/', '-')}-{Version}.tgz";
}

/// <summary>What a selection consists of: the captions' package and one or more packages of clips.</summary>
/// <param name="Captions">emojibase-data.</param>
/// <param name="Clips">Packages of WebP files.</param>
internal sealed record EmojiPackages(EmojiPackage Captions, IReadOnlyList<EmojiPackage> Clips)
{
    private static readonly EmojiPackage Base =
        new("emojibase-data", "17.0.0", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a", 6_711_091);

    private static readonly EmojiPackage[] Animated =
    [
        new("@lobehub/fluent-emoji-anim-1", "1.0.0", "4c03ac178c1eabf2e2a16dd498f3cc2b92dc30ec3466ae38fdc497d4774c99ea", 165_000_000),
        new("@lobehub/fluent-emoji-anim-2", "1.0.0", "e431da8172e394036c330faa77648d6fbbae1fd3b0be95637c4497c9075019c0", 181_900_000),
        new("@lobehub/fluent-emoji-anim-3", "1.0.0", "3624d0c34c819c1794b74ccf6ae9034adff7c4cb6318dd2a645145f0196feb43", 197_000_910),
        new("@lobehub/fluent-emoji-anim-4", "1.0.0", "3d4c08f1e321f70808ef4996aba0ab575a9d97b6c56ffffc92cf6161a7836aa3", 185_900_000),
    ];

    internal IEnumerable<EmojiPackage> All => [Captions, .. Clips];

    internal static EmojiPackages Of(EmojiSelection selection) =>
        selection == EmojiSelection.Light ? new(Base, [Animated[2]]) : new(Base, Animated);
}

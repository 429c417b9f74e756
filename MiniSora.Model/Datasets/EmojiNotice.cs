namespace MiniSora.Model.Datasets;

/// <summary>A text for people in both languages of the product.</summary>
public sealed record NoticeText(string English, string Chinese);

/// <summary>Whose work the animated emoji are and what is known about their licence: shown wherever they can be fetched.</summary>
public static class EmojiNotice
{
    /// <summary>Who made what.</summary>
    public static NoticeText Credits { get; } = new(
        "Pictures: Fluent Emoji (animated) by Microsoft. Packaged for npm by LobeHub. Names in English and Chinese: emojibase-data by Miles Johnson.",
        "图像：微软 Fluent Emoji（动画版）。npm 打包：LobeHub。中英文名称：Miles Johnson 的 emojibase-data。");

    /// <summary>What is known and what is not.</summary>
    public static NoticeText Licence { get; } = new(
        "The npm packages and emojibase-data state the MIT licence. The pictures are Microsoft's, who published the animated set on GitHub later than "
        + "these packages; the packages carry no licence text from Microsoft. The clips are fetched to this machine only and are not part of MiniSora. "
        + "By fetching them you accept these terms; check them yourself before you publish the clips or use them commercially.",
        "npm 包与 emojibase-data 声明采用 MIT 许可证。图像版权归微软所有；微软在这些包发布之后才在 GitHub 上公开动画版，包内没有微软的许可证文本。"
        + "片段只会下载到本机，不属于 MiniSora 的一部分。下载即表示您接受上述条款；若要公开发布或商用这些片段，请先自行核实许可。");

    /// <summary>Where to read on.</summary>
    public static IReadOnlyList<Uri> Links { get; } =
    [
        new("https://github.com/microsoft/fluentui-emoji-animated"),
        new("https://github.com/lobehub/fluent-emoji"),
        new("https://github.com/milesj/emojibase"),
    ];
}

namespace MiniSora.Model.Datasets;

/// <summary>Captions of moving shapes in English and Chinese: one canonical form, and paraphrases for training.</summary>
public static class ShapeCaptions
{
    private static readonly string[] EnglishSize = ["small", "medium", "large"];
    private static readonly string[] EnglishMotion =
    [
        "stays still", "moves right", "moves left", "moves up", "moves down",
        "circles clockwise", "circles counterclockwise", "grows", "shrinks", "blinks",
    ];

    private static readonly string[] ChineseSize = ["小的", "中等大小的", "大的"];
    private static readonly string[] ChineseColour = ["红色", "绿色", "蓝色", "黄色", "紫色", "青色", "橙色", "白色"];
    private static readonly string[] ChineseShape = ["圆形", "正方形", "三角形", "菱形", "十字形", "圆环"];
    private static readonly string[] ChineseMotion =
    [
        "静止不动", "向右移动", "向左移动", "向上移动", "向下移动", "顺时针转圈", "逆时针转圈", "变大", "变小", "闪烁",
    ];

    private static readonly Dictionary<string, ShapeCombo> ByCaption = ShapeCombo.All
        .SelectMany(combo => new[] { (Text: English(combo), combo), (Text: Chinese(combo), combo) })
        .ToDictionary(pair => pair.Text, pair => pair.combo, StringComparer.OrdinalIgnoreCase);

    /// <summary>E.g. <c>a medium purple ring circles counterclockwise</c>.</summary>
    public static string English(ShapeCombo combo) => $"a {EnglishNoun(combo)} {EnglishVerb(combo)}";

    /// <summary>E.g. <c>一个中等大小的紫色圆环逆时针转圈</c>.</summary>
    public static string Chinese(ShapeCombo combo) => $"一个{ChineseNoun(combo)}{ChineseVerb(combo)}";

    /// <summary>Both canonical captions, the form evaluation asks with.</summary>
    public static Caption Canonical(ShapeCombo combo) => new(English(combo), Chinese(combo));

    /// <summary>Colour and shape alone, e.g. <c>red circle</c> and <c>红色圆形</c>: the name of a class.</summary>
    public static Caption ColourAndShape(ShapeCombo combo) =>
        new($"{Lower(combo.Colour)} {Lower(combo.Shape)}", ChineseColour[(int)combo.Colour] + ChineseShape[(int)combo.Shape]);

    /// <summary>The words of a combination's caption: size, colour, shape, motion.</summary>
    internal static (string Size, string Colour, string Shape, string Motion) Words(ShapeCombo combo, bool chinese) => chinese
        ? (ChineseSize[(int)combo.Size], ChineseColour[(int)combo.Colour], ChineseShape[(int)combo.Shape], ChineseMotion[(int)combo.Motion])
        : (EnglishSize[(int)combo.Size], Lower(combo.Colour), Lower(combo.Shape), EnglishMotion[(int)combo.Motion]);

    /// <summary>A colour's name, e.g. <c>red</c> and <c>红色</c>.</summary>
    internal static Caption Colour(ShapeColour colour) => new(Lower(colour), ChineseColour[(int)colour]);

    /// <summary>
    /// A caption for training: the canonical form three times out of four, else a paraphrase. Draws twice.
    /// </summary>
    public static Caption Varied(ShapeCombo combo, ref SplitMix64 random)
    {
        var english = random.Below(8) switch
        {
            0 => $"{EnglishNoun(combo)}, {EnglishVerb(combo)}",
            1 => $"there is a {EnglishNoun(combo)}, it {EnglishVerb(combo)}",
            _ => English(combo),
        };
        var chinese = random.Below(4) == 0
            ? $"画面中有一个{ChineseNoun(combo)}，它{ChineseVerb(combo)}"
            : Chinese(combo);
        return new Caption(english, chinese);
    }

    /// <summary>The combination a canonical caption names in either language (case and outer blanks ignored), or null.</summary>
    public static ShapeCombo? Parse(string caption) =>
        ByCaption.TryGetValue(caption.Trim(), out var combo) ? combo : null;

    private static string EnglishNoun(ShapeCombo combo) =>
        $"{EnglishSize[(int)combo.Size]} {Lower(combo.Colour)} {Lower(combo.Shape)}";

    private static string EnglishVerb(ShapeCombo combo) => EnglishMotion[(int)combo.Motion];

    private static string ChineseNoun(ShapeCombo combo) =>
        ChineseSize[(int)combo.Size] + ChineseColour[(int)combo.Colour] + ChineseShape[(int)combo.Shape];

    private static string ChineseVerb(ShapeCombo combo) => ChineseMotion[(int)combo.Motion];

#pragma warning disable CA1308 // the captions are lower case
    private static string Lower<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}

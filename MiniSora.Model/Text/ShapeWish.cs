using MiniSora.Model.Datasets;

namespace MiniSora.Model.Text;

/// <summary>Attributes of a moving shape that a prompt names; null where it says nothing.</summary>
internal sealed record ShapeWish(ShapeSize? Size, ShapeColour? Colour, ShapeKind? Shape, ShapeMotion? Motion)
{
    private static readonly (string Words, ShapeSize Value)[] EnglishSizes = [("small tiny little", ShapeSize.Small), ("medium middle", ShapeSize.Medium), ("large big huge", ShapeSize.Large)];

    private static readonly (string Words, ShapeColour Value)[] EnglishColours =
    [
        ("red", ShapeColour.Red), ("green", ShapeColour.Green), ("blue", ShapeColour.Blue), ("yellow", ShapeColour.Yellow), ("purple violet", ShapeColour.Purple),
        ("cyan turquoise", ShapeColour.Cyan), ("orange", ShapeColour.Orange), ("white", ShapeColour.White),
    ];

    private static readonly (string Words, ShapeKind Value)[] EnglishShapes =
    [
        ("circle ball disc disk dot", ShapeKind.Circle), ("square box", ShapeKind.Square), ("triangle", ShapeKind.Triangle), ("diamond rhombus", ShapeKind.Diamond),
        ("cross plus", ShapeKind.Cross), ("ring donut hoop", ShapeKind.Ring),
    ];

    private static readonly (string Words, ShapeMotion Value)[] EnglishMotions =
    [
        ("counterclockwise anticlockwise", ShapeMotion.Counterclockwise), ("clockwise circles circling rotates turns", ShapeMotion.Clockwise),
        ("still static motionless", ShapeMotion.Still), ("right rightwards", ShapeMotion.Right), ("left leftwards", ShapeMotion.Left),
        ("up upwards rises rising", ShapeMotion.Up), ("down downwards falls falling", ShapeMotion.Down),
        ("grows growing grow expands", ShapeMotion.Grow), ("shrinks shrinking shrink", ShapeMotion.Shrink), ("blinks blinking blink flashes flashing", ShapeMotion.Blink),
    ];

    // Longer words first: a ring is written with the character of a circle, growing with that of large.
    private static readonly (string Words, ShapeMotion Value)[] ChineseMotions =
    [
        ("逆时针", ShapeMotion.Counterclockwise), ("顺时针 转圈 旋转", ShapeMotion.Clockwise), ("变大 放大 长大", ShapeMotion.Grow), ("变小 缩小", ShapeMotion.Shrink),
        ("静止 不动", ShapeMotion.Still), ("闪烁 闪", ShapeMotion.Blink), ("向右 往右 右", ShapeMotion.Right), ("向左 往左 左", ShapeMotion.Left),
        ("向上 往上 上升 上", ShapeMotion.Up), ("向下 往下 下落 下", ShapeMotion.Down),
    ];

    private static readonly (string Words, ShapeSize Value)[] ChineseSizes = [("中等 中", ShapeSize.Medium), ("小", ShapeSize.Small), ("大", ShapeSize.Large)];

    private static readonly (string Words, ShapeColour Value)[] ChineseColours =
    [
        ("红", ShapeColour.Red), ("绿", ShapeColour.Green), ("蓝", ShapeColour.Blue), ("黄", ShapeColour.Yellow), ("紫", ShapeColour.Purple), ("青", ShapeColour.Cyan),
        ("橙 橘", ShapeColour.Orange), ("白", ShapeColour.White),
    ];

    private static readonly (string Words, ShapeKind Value)[] ChineseShapes =
    [
        ("圆环 环", ShapeKind.Ring), ("三角", ShapeKind.Triangle), ("菱", ShapeKind.Diamond), ("十字", ShapeKind.Cross), ("正方 方", ShapeKind.Square), ("圆 球", ShapeKind.Circle),
    ];

    /// <summary>How many attributes are named.</summary>
    public int Named => (Size is null ? 0 : 1) + (Colour is null ? 0 : 1) + (Shape is null ? 0 : 1) + (Motion is null ? 0 : 1);

    /// <summary>What a prompt names, synonyms included; where it names two, the one that stands first in our lists.</summary>
    public static ShapeWish Read(string prompt, bool chinese)
    {
        if (chinese)
        {
            var left = prompt;
            var motion = Take(ChineseMotions, ref left);
            return new(Take(ChineseSizes, ref left), Take(ChineseColours, ref left), Take(ChineseShapes, ref left), motion);
        }

        var words = CaptionWords.Split(prompt.Replace("-", "", StringComparison.Ordinal)).ToList();
        return new(First(EnglishSizes, words), First(EnglishColours, words), First(EnglishShapes, words), First(EnglishMotions, words));
    }

    /// <summary>Whether a combination has all that is named.</summary>
    public bool Allows(ShapeCombo combo) =>
        (Size is null || Size == combo.Size) && (Colour is null || Colour == combo.Colour) && (Shape is null || Shape == combo.Shape) && (Motion is null || Motion == combo.Motion);

    /// <summary>The words of a combination's caption for what was not named.</summary>
    public IReadOnlyList<string> Missing(ShapeCombo combo, bool chinese)
    {
        var (size, colour, shape, motion) = ShapeCaptions.Words(combo, chinese);
        string?[] words = [Size is null ? size : null, Colour is null ? colour : null, Shape is null ? shape : null, Motion is null ? motion : null];
        return [.. words.OfType<string>()];
    }

    private static T? First<T>((string Words, T Value)[] table, List<string> words) where T : struct
    {
        foreach (var (names, value) in table)
            if (names.Split(' ').Any(words.Contains))
                return value;
        return null;
    }

    private static T? Take<T>((string Words, T Value)[] table, ref string text) where T : struct
    {
        foreach (var (names, value) in table)
        {
            foreach (var name in names.Split(' '))
            {
                if (!text.Contains(name, StringComparison.Ordinal))
                    continue;
                text = text.Replace(name, "", StringComparison.Ordinal);
                return value;
            }
        }

        return null;
    }
}

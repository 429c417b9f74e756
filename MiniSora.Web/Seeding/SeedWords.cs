using System.Globalization;
using MiniSora.Model;

namespace MiniSora.Web.Seeding;

/// <summary>Names and sentences in both languages, made of words that the moving shapes know.</summary>
internal static class SeedWords
{
    private static readonly (string En, string Zh)[] Sizes = [("small", "小的"), ("medium", "中等大小的"), ("large", "大的")];
    private static readonly (string En, string Zh)[] Colours = [("red", "红色"), ("green", "绿色"), ("blue", "蓝色"), ("yellow", "黄色"), ("purple", "紫色"), ("orange", "橙色"), ("white", "白色"), ("cyan", "青色")];
    private static readonly (string En, string Zh)[] Shapes = [("circle", "圆形"), ("square", "正方形"), ("triangle", "三角形"), ("cross", "十字形"), ("star", "星形"), ("ring", "圆环")];
    private static readonly (string En, string Zh)[] Motions =
        [("moves left", "向左移动"), ("moves right", "向右移动"), ("moves up", "向上移动"), ("falls slowly", "缓慢下落"), ("grows", "变大"), ("shrinks", "变小"), ("circles clockwise", "顺时针绕圈"), ("bounces off the wall", "从墙上弹开")];
    private static readonly (string En, string Zh)[] Places = [("over snow", "在雪地上"), ("at night", "在夜里"), ("in the rain", "在雨中"), ("above the sea", "在海面上"), ("in a forest", "在森林里"), ("through fog", "穿过雾气"), ("in the morning", "在清晨"), ("before a wall", "在墙前")];
    private static readonly string[] Surnames = ["Lin", "Wang", "Chen", "Zhao", "Tanaka", "Novak", "Rossi", "Okafor", "Silva", "Müller", "陈", "林", "王", "赵", "刘", "周"];
    private static readonly string[] GivenNames = ["Xiao", "Mei", "Jun", "Ada", "Tom", "Ines", "Noor", "Ravi", "晓", "明月", "子涵", "思远", "雨桐", "浩然"];
    private static readonly string[] Remarks =
        ["How many steps did this take?", "The edges are *much* cleaner than last month.", "I made it again on a laptop: works.", "Which learning rate?", "比上一版稳定多了。", "请问用了多少步？", "运动很自然，颜色稍微有些偏。", "在 **8 GB** 显存上也能复现。"];

    /// <summary>What a clip was asked to show, in one of the languages.</summary>
    public static string Prompt(ref SplitMix64 random)
    {
        var (size, colour, shape, motion, place) = (Of(Sizes, ref random), Of(Colours, ref random), Of(Shapes, ref random), Of(Motions, ref random), Of(Places, ref random));
        return random.Below(2) == 0
            ? $"a {size.En} {colour.En} {shape.En} {motion.En} {place.En}"
            : $"一个{size.Zh}{colour.Zh}{shape.Zh}{place.Zh}{motion.Zh}";
    }

    /// <summary>A title for a prompt: its beginning as a name.</summary>
    public static string Title(string prompt, long number) => string.Create(CultureInfo.InvariantCulture, $"{char.ToUpperInvariant(prompt[0])}{prompt[1..]} #{number}");

    public static string Name(ref SplitMix64 random)
    {
        var (surname, given) = (Of(Surnames, ref random), Of(GivenNames, ref random));
        return surname[0] > 'ÿ' ? surname + given : $"{given} {surname}";
    }

    public static string Remark(ref SplitMix64 random) => Of(Remarks, ref random);

    private static T Of<T>(T[] words, ref SplitMix64 random) => words[random.Below(words.Length)];
}

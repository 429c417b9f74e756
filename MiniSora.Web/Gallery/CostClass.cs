using System.Linq.Expressions;

namespace MiniSora.Web.Gallery;

/// <summary>Device time of a video in classes that one can choose from.</summary>
internal static class CostClass
{
    public const string Seconds = "seconds";
    public const string Minutes = "minutes";
    public const string Hours = "hours";

    public static IReadOnlyList<string> All { get; } = [Seconds, Minutes, Hours];

    /// <summary>The posts of a class; null for a name that is none.</summary>
    public static Expression<Func<Post, bool>>? Of(string name) => name switch
    {
        Seconds => post => post.DeviceSeconds < 60,
        Minutes => post => post.DeviceSeconds >= 60 && post.DeviceSeconds < 3600,
        Hours => post => post.DeviceSeconds >= 3600,
        _ => null,
    };
}

using Microsoft.Extensions.Localization;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Queue;

/// <summary>Quantities of the queue as people read them.</summary>
internal static class QueueFigures
{
    /// <summary>When a run is expected to start, e.g. <c>in 2–6 min</c>.</summary>
    public static string Start(IStringLocalizer<QueueTexts> texts, IStringLocalizer<RunTexts> units, Duration? startsIn) => startsIn switch
    {
        null => texts["Starts.Unknown"],
        { High: < 5 } => texts["Starts.Now"],
        _ => texts["Starts.In", Figures.Range(units, startsIn.Low, startsIn.High)],
    };
}

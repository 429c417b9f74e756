using System.Globalization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>Sentences for the terminal. Results go to standard output, everything else to standard error.</summary>
internal static class Say
{
    public static void Line(string key, params (string Name, string Value)[] arguments) =>
        Console.Error.WriteLine(SpecTexts.Format(key, null, arguments));

    public static void Problems(IReadOnlyList<SpecProblem> problems)
    {
        Console.Error.WriteLine(SpecTexts.Get("cli.say.problems"));
        foreach (var problem in problems)
            Console.Error.WriteLine("  " + SpecTexts.ProblemWithPlace(problem));
    }

    /// <summary>How another project's configuration was read, line by line.</summary>
    public static void Notes(IReadOnlyList<ForeignNote> notes)
    {
        if (notes.Count == 0)
            return;
        Console.Error.WriteLine(SpecTexts.Get("latte.title"));
        foreach (var note in notes)
            Console.Error.WriteLine("  " + SpecTexts.Note(note));
    }

    public static void Failure(RunFailed failed)
    {
        Line("cli.say.failed", ("message", SpecTexts.Failure(failed.Code, failed.Arguments)));
        Line("cli.say.advice", ("advice", SpecTexts.FailureAdvice(failed.Code)));
        if (failed.Code == "software")
            Console.Error.WriteLine(failed.Message);
    }

    public static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(double.IsFinite(seconds) ? seconds : 0, 0, 86_400 * 3650.0));
        return time switch
        {
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:D2} min"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:D2} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        };
    }

    public static string Bytes(double bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 20):0} MiB");

    /// <summary>A count with a metric prefix: 1.9 M, 18.4 G.</summary>
    public static string Count(double value)
    {
        string[] prefixes = ["", " k", " M", " G", " T", " P", " E"];
        var at = 0;
        while (value >= 1000 && at < prefixes.Length - 1)
            (value, at) = (value / 1000, at + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.##}{prefixes[at]}");
    }
}

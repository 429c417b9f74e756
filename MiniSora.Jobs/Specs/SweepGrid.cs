namespace MiniSora.Jobs.Specs;

/// <summary>One run of a grid: the spec, and the values that make it different from the others.</summary>
public sealed record SweepPoint(RunSpec Spec, IReadOnlyList<(SpecField Field, object? Value)> Values)
{
    /// <summary>E.g. <c>learning_rate 0.001 · batch 8</c>: short, since it ends the run's name.</summary>
    public string Words => string.Join(" · ", Values.Select(value => $"{value.Field.Path.Split('.')[^1]} {value.Field.Format(value.Value)}"));
}

/// <summary>Every combination of the values of a few settings.</summary>
/// <param name="Points">In the order of the values, the last setting changing fastest.</param>
/// <param name="Problems">What cannot be read; the path is <c>sweep.1</c> for the first setting and so on, <c>sweep</c> for the whole.</param>
public sealed record SweepGrid(IReadOnlyList<SweepPoint> Points, IReadOnlyList<SpecProblem> Problems)
{
    /// <summary>Settings that may vary.</summary>
    public const int MostSettings = 3;

    /// <summary>Runs of a grid: as many as can be told apart on one page.</summary>
    public const int MostRuns = 12;

    private const int LongestName = 120;

    /// <summary>Whether a setting can have several values: one word or number, and not the run's name.</summary>
    public static bool CanVary(SpecField field) => field.Path != "name" && field.Type is SpecFieldType.Integer or SpecFieldType.Real or SpecFieldType.Choice or SpecFieldType.Text;

    /// <param name="basis">What all have in common.</param>
    /// <param name="settings"><c>path=value,value</c> each.</param>
    public static SweepGrid Of(RunSpec basis, IReadOnlyList<string> settings)
    {
        var problems = new List<SpecProblem>();
        var points = new List<SweepPoint> { new(basis, []) };
        if (settings.Count is 0 or > MostSettings)
            problems.Add(SpecProblem.At("spec.sweep_settings", "sweep", null, ("max", $"{MostSettings}")));
        var seen = new HashSet<string>();
        foreach (var (setting, number) in settings.Take(MostSettings).Select((setting, i) => (setting, i + 1)))
        {
            var at = $"sweep.{number}";
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            var path = (equals < 0 ? setting : setting[..equals]).Trim();
            string[] values = equals < 0 ? [] : [.. setting[(equals + 1)..].Split([',', '，', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];
            if (SpecSchema.Find(SpecSchema.KindOf(basis), path) is not { } field || !CanVary(field))
                problems.Add(SpecProblem.At("spec.sweep_setting", at, null, ("setting", path)));
            else if (!seen.Add(path))
                problems.Add(SpecProblem.At("spec.sweep_twice", at, null, ("setting", path)));
            else if (values.Length < 2)
                problems.Add(SpecProblem.At("spec.sweep_values", at, null, ("setting", path)));
            else
                points = Vary(points, field, values, at, problems);
        }

        if (problems.Count == 0 && points.Count > MostRuns)
            problems.Add(SpecProblem.At("spec.sweep_runs", "sweep", null, ("count", $"{points.Count}"), ("max", $"{MostRuns}")));
        return new(problems.Count == 0 ? [.. points.Select(Named)] : [], problems);
    }

    private static List<SweepPoint> Vary(List<SweepPoint> points, SpecField field, string[] values, string at, List<SpecProblem> problems)
    {
        var wrong = new List<SpecProblem>();
        foreach (var value in values)
            SpecOverride.Apply(points[0].Spec, $"{field.Path}={value}", wrong);
        problems.AddRange(wrong.Select(problem => problem with { Path = at }));
        if (wrong.Count > 0)
            return points;
        return [.. points.SelectMany(point => values.Select(value =>
        {
            var spec = SpecOverride.Apply(point.Spec, $"{field.Path}={value}", wrong);
            return new SweepPoint(spec, [.. point.Values, (field, field.Get(spec))]);
        }))];
    }

    private static SweepPoint Named(SweepPoint point)
    {
        var name = point.Spec.Name.Length > 0 ? $"{point.Spec.Name} · {point.Words}" : point.Words;
        return point with { Spec = point.Spec with { Name = name.Length > LongestName ? name[..LongestName] : name } };
    }
}

namespace MiniSora.Jobs.Specs;

/// <summary>A setting that two specs of one kind have different values of.</summary>
public sealed record SpecDifference(SpecField Field, object? Old, object? New)
{
    /// <summary>Every such setting, in the order of the schema; none between specs of different kinds.</summary>
    public static IReadOnlyList<SpecDifference> Between(RunSpec old, RunSpec changed) =>
        SpecSchema.KindOf(old) != SpecSchema.KindOf(changed) ? [] :
        [
            .. SpecSchema.For(old)
                .Where(field => field.Format(field.Get(old)) != field.Format(field.Get(changed)))
                .Select(field => new SpecDifference(field, field.Get(old), field.Get(changed))),
        ];
}

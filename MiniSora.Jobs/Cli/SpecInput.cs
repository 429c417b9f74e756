using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Weights;

namespace MiniSora.Jobs.Cli;

/// <summary>Specs as the command line gets them: a file or the name of a recipe, then <c>--set</c>.</summary>
internal static class SpecInput
{
    /// <summary>The YAML of a file, or of the recipe of that name.</summary>
    public static string Text(string fileOrRecipe)
    {
        if (File.Exists(fileOrRecipe))
            return File.ReadAllText(fileOrRecipe);
        if (Recipes.Find(fileOrRecipe) is { } recipe)
            return recipe.Yaml;
        throw new BadInputException([SpecProblem.At("spec.file_missing", "", null, ("file", fileOrRecipe), ("recipes", string.Join(", ", Recipes.All.Select(known => known.Id))))]);
    }

    /// <summary>Reads a document as one kind of spec and replaces the values of <c>--set</c>. Throws with all problems.</summary>
    public static TSpec Read<TSpec>(string yaml, IReadOnlyList<string> sets) where TSpec : RunSpec, new()
    {
        var reading = SpecYaml.Read(yaml);
        Say.Notes(reading.Notes);
        var problems = reading.Problems.ToList();
        if (reading.Spec is not (null or TSpec))
            problems.Add(SpecProblem.At("spec.kind_unknown", "kind", 1, ("value", SnakeCase.From(SpecSchema.KindOf(reading.Spec))), ("choices", SnakeCase.From(SpecSchema.KindOf(new TSpec())))));
        var spec = reading.Spec as TSpec ?? new TSpec();
        foreach (var set in sets)
            spec = SpecOverride.Apply(spec, set, problems);
        return problems.Count == 0 ? spec : throw new BadInputException(problems);
    }

    /// <summary>Throws with everything that keeps a spec from running on this machine.</summary>
    public static void Validate(RunSpec spec, SpecContext context)
    {
        if (SpecValidator.Validate(spec, context) is { Count: > 0 } problems)
            throw new BadInputException(problems);
    }

    /// <summary>What is known here.</summary>
    public static SpecContext Context(string dataFolder)
    {
        var known = DatasetCatalog.Ids(dataFolder).ToHashSet();
        var ready = known.Where(id => id != DatasetCatalog.Emoji || EmojiPack.State(dataFolder).Prepared).ToHashSet();
        return new SpecContext
        {
            KnownDatasets = known,
            ReadyDatasets = ready,
            Weights = name => WeightsShelf.Find(dataFolder, name, paths: true) is { } folder ? WeightsShelf.Describe(folder) : null,
            MachineMemoryBytes = MachineMemory.TotalBytes(),
            Calibration = Calibration.Load(dataFolder),
        };
    }
}

using System.Globalization;

namespace MiniSora.Jobs.Specs;

/// <summary>A named spec that ships with the product.</summary>
/// <param name="Id">File name without its ending; part of addresses.</param>
/// <param name="Spec">What it runs.</param>
/// <param name="Yaml">The file as written, comments included.</param>
public sealed record Recipe(string Id, RunSpec Spec, string Yaml)
{
    /// <summary>Title in a language; the current one when null.</summary>
    public string Title(CultureInfo? culture = null) => SpecTexts.Find($"recipe.{Id}.title", culture) ?? Spec.Name;

    /// <summary>What it teaches and how long it takes.</summary>
    public string Description(CultureInfo? culture = null) => SpecTexts.Find($"recipe.{Id}.description", culture) ?? "";
}

/// <summary>The recipes beside the program, in <c>recipes/</c>.</summary>
public static class Recipes
{
    private static readonly Lazy<IReadOnlyList<Recipe>> Loaded = new(() => Load(Path.Combine(AppContext.BaseDirectory, "recipes")));

    /// <summary>All recipes by id.</summary>
    public static IReadOnlyList<Recipe> All => Loaded.Value;

    /// <summary>The recipe with an id, or null.</summary>
    public static Recipe? Find(string id) => All.FirstOrDefault(recipe => recipe.Id == id);

    internal static IReadOnlyList<Recipe> Load(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Select(Read)];
    }

    private static Recipe Read(string file)
    {
        var yaml = File.ReadAllText(file);
        var reading = SpecYaml.Read(yaml);
        if (reading.Spec is null)
            throw new InvalidDataException($"{file}: {string.Join(" ", reading.Problems.Select(problem => SpecTexts.Problem(problem, CultureInfo.InvariantCulture)))}");
        return new Recipe(Path.GetFileNameWithoutExtension(file), reading.Spec, yaml);
    }
}

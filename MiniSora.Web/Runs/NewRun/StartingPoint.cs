using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Datasets;
using MiniSora.Web.Gallery;

namespace MiniSora.Web.Runs.NewRun;

/// <summary>Where a new run starts from: a filled form and what it came from.</summary>
/// <param name="Spec">What the form shows.</param>
/// <param name="RecipeId">The recipe, when it is one.</param>
/// <param name="Title">Name of the run or post it came from; null for recipes and empty forms.</param>
/// <param name="Basis">The spec that differences are shown to; null for none.</param>
internal sealed record StartingPoint(RunSpec Spec, Origin Origin, string? RecipeId = null, string? Title = null, RunSpec? Basis = null);

/// <summary>
/// Reads <c>?from=</c>: <c>recipe:{id}</c>, <c>run:{id}</c> (the same again), <c>run:{id}/checkpoint</c> (sample from its
/// newest checkpoint), <c>fork:{sha256}</c> (train on from a checkpoint), <c>retry:{id}</c> (what a failure suggests), <c>dataset:{id}</c> (a tiny model on an imported folder), <c>post:{slug}</c>, <c>checkpoint:{sha256}</c>, <c>evaluate:{sha256}</c>,
/// <c>edit:{sha256}</c> (change a video of this portal, with the checkpoint that made it), <c>sampling</c> (an empty sampling form).
/// </summary>
internal sealed class StartingPoints(RunService runs, GalleryService gallery, DatasetSamples samples, IReadOnlySet<string> readyDatasets)
{
    /// <summary>The starting point; null when what is named does not exist.</summary>
    public async Task<StartingPoint?> FindAsync(string? from, Viewer viewer, CancellationToken cancellationToken)
    {
        var (kind, name) = Split(from);
        return kind switch
        {
            "" => Default(readyDatasets),
            "recipe" => Recipes.Find(name) is { } recipe ? Of(recipe) : null,
            "dataset" => readyDatasets.Contains(name) ? OfDataset(name) : null,
            "run" => await OfRunAsync(name, viewer, cancellationToken),
            "post" => await OfPostAsync(name, viewer, cancellationToken),
            "checkpoint" => await OfCheckpointAsync(name, cancellationToken),
            "fork" => await OfForkAsync(name, viewer, cancellationToken),
            "retry" => await OfRetryAsync(name, viewer, cancellationToken),
            "sampling" => new(new SamplingSpec(), new Origin()),
            "edit" => await OfVideoAsync(name, cancellationToken),
            "evaluate" => await OfEvaluationAsync(name, cancellationToken),
            _ => null,
        };
    }

    /// <summary>Training recipes in the order to offer them: first those for a newcomer, the longest near the end, last the one that only checks the machine.</summary>
    public static IEnumerable<Recipe> Offered =>
        Recipes.All.Where(recipe => recipe.Spec is TrainingSpec).OrderBy(recipe => recipe.Id switch { "tiny-emoji" or "tiny-shapes" => 0, "cascade-shapes" => 2, "smoke" => 3, _ => 1 });

    /// <summary>The first recipe whose dataset can be read now, so that a newcomer can submit at once.</summary>
    public static StartingPoint Default(IReadOnlySet<string> readyDatasets) =>
        (Offered.FirstOrDefault(recipe => readyDatasets.Contains(((TrainingSpec)recipe.Spec).Data.Dataset)) ?? Offered.FirstOrDefault()) is { } recipe
            ? Of(recipe)
            : new(new TrainingSpec(), new Origin());

    /// <summary>A recipe under its title in the reader's language.</summary>
    public static StartingPoint Of(Recipe recipe) => new(recipe.Spec with { Name = recipe.Title() }, new Origin(), recipe.Id);

    /// <summary>The first training recipe on another dataset, previewing words that its captions know.</summary>
    private StartingPoint OfDataset(string dataset)
    {
        var basis = Offered.Select(recipe => recipe.Spec).OfType<TrainingSpec>().FirstOrDefault() ?? new TrainingSpec();
        var prompts = samples.Of(dataset)?.Captions.Select(DatasetSamples.Words).Where(words => words.Length > 0).Distinct().Take(4).ToList() ?? [];
        return new(basis with { Name = dataset, Data = basis.Data with { Dataset = dataset }, Preview = basis.Preview with { Prompts = prompts } }, new Origin(), Title: dataset);
    }

    private async Task<StartingPoint?> OfRunAsync(string name, Viewer viewer, CancellationToken cancellationToken)
    {
        const string Checkpoint = "/checkpoint";
        var sample = name.EndsWith(Checkpoint, StringComparison.Ordinal);
        if (!Guid.TryParse(sample ? name[..^Checkpoint.Length] : name, out var id)
            || await runs.GetAsync(id, viewer, cancellationToken) is not { } run)
            return null;
        if (sample)
            return run.Checkpoint is { } checkpoint ? await OfCheckpointAsync(checkpoint.Sha256, cancellationToken) : null;
        return SpecYaml.Read(run.SpecYaml).Spec is { } spec ? new(spec, new Origin(RunId: id), Title: run.Summary.Name, Basis: spec) : null;
    }

    private async Task<StartingPoint?> OfPostAsync(string slug, Viewer viewer, CancellationToken cancellationToken) =>
        await gallery.GetAsync(slug, viewer, cancellationToken) is { } post && SpecYaml.Read(post.SpecYaml).Spec is { } spec
            ? new(spec, new Origin(PostId: post.Id), Title: post.Title)
            : null;

    private async Task<StartingPoint?> OfCheckpointAsync(string sha256, CancellationToken cancellationToken) =>
        await runs.CheckpointAsync(sha256, cancellationToken) is { } checkpoint
            ? new(new SamplingSpec { Checkpoint = checkpoint.Sha256, Name = checkpoint.RunName }, new Origin(RunId: checkpoint.RunId), Title: checkpoint.RunName)
            : null;

    private async Task<StartingPoint?> OfVideoAsync(string sha256, CancellationToken cancellationToken) =>
        await runs.VideoAsync(sha256, cancellationToken) is { } video && SpecYaml.Read(video.SpecYaml).Spec is SamplingSpec made
            ? new(made with { Task = SamplingTask.Edit, Prompt = video.Prompt, Image = "", Input = new() { Video = sha256 }, Clips = 1 }, new Origin(video.RunId, video.PostId), Title: video.Title)
            : null;

    private async Task<StartingPoint?> OfForkAsync(string name, Viewer viewer, CancellationToken cancellationToken) =>
        await runs.CheckpointAsync(name, cancellationToken) is { } checkpoint
        && await runs.GetAsync(checkpoint.RunId, viewer, cancellationToken) is { } run && SpecYaml.Read(run.SpecYaml).Spec is TrainingSpec basis
            ? new(Fork.Of(basis, checkpoint.Sha256, checkpoint.Step), new Origin(RunId: checkpoint.RunId), Title: checkpoint.RunName, Basis: basis)
            : null;

    private async Task<StartingPoint?> OfRetryAsync(string name, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(name, out var id) || await runs.GetAsync(id, viewer, cancellationToken) is not { } run || SpecYaml.Read(run.SpecYaml).Spec is not { } basis)
            return null;
        var spec = basis is TrainingSpec training ? Retry.Of(training, run.Failure?.Remedy, run.Checkpoint is { } checkpoint ? (checkpoint.Sha256, checkpoint.Step) : null) : basis;
        return new(spec, new Origin(RunId: id), Title: run.Summary.Name, Basis: basis);
    }

    private async Task<StartingPoint?> OfEvaluationAsync(string name, CancellationToken cancellationToken) =>
        await runs.CheckpointAsync(name, cancellationToken) is { } checkpoint
            ? new(new EvaluationSpec { Checkpoint = checkpoint.Sha256, Name = checkpoint.RunName }, new Origin(RunId: checkpoint.RunId), Title: checkpoint.RunName)
            : null;

    private static (string Kind, string Name) Split(string? from)
    {
        var colon = from?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon < 0 ? (from ?? "", "") : (from![..colon], from[(colon + 1)..]);
    }
}

using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>What the specs of a video's runs say that one may want to search by.</summary>
internal sealed record PostFacts(string Model, string Dataset, string Task, int Size, int Frames)
{
    private static readonly PostFacts Unknown = new("", "", "", 0, 0);

    /// <summary>Of a sampling run's video; empty words where the training run is gone.</summary>
    public static async Task<PostFacts> OfAsync(MiniSoraDbContext context, Run sampling, CancellationToken cancellationToken)
    {
        var facts = SpecYaml.Read(sampling.SpecYaml).Spec is SamplingSpec asked ? Unknown with { Task = Word(asked.Task) } : Unknown;
        var trained = await context.Artifacts.Where(artifact => artifact.Kind == "checkpoint" && artifact.Sha256 == sampling.CheckpointSha256)
            .Join(context.Runs, artifact => artifact.RunId, run => run.Id, (_, run) => run.SpecYaml)
            .FirstOrDefaultAsync(cancellationToken);
        return trained is not null && SpecYaml.Read(trained).Spec is TrainingSpec training
            ? facts with { Model = Word(training.Model.Network), Dataset = training.Data.Dataset, Size = training.Data.Size, Frames = training.Data.Frames }
            : facts;
    }

    /// <summary>As specs write it: <c>text_to_video</c>.</summary>
    private static string Word<T>(T value)
        where T : struct, Enum =>
        System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Gallery;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Lineage;

/// <summary>Rows of runs, checkpoints, posts and entries that come from each other, written without running anything.</summary>
internal sealed class Family(MiniSoraDbContext context, Guid owner)
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public Run Training(long number, string dataset, (string Sha256, long Step)? start = null, params (string Sha256, long Step)[] checkpoints)
    {
        var run = new Run
        {
            Id = Guid.NewGuid(),
            Number = number,
            OwnerId = owner,
            Kind = RunKind.Training,
            Name = "Run " + number.ToString(CultureInfo.InvariantCulture),
            SpecYaml = SpecYaml.Write(new TrainingSpec { Data = new() { Dataset = dataset } }),
            SoftwareVersion = "0.1.0-test",
            CheckpointSha256 = start?.Sha256,
            StartStep = start?.Step,
            CreatedAt = Noon,
        };
        context.Runs.Add(run);
        foreach (var (sha256, step) in checkpoints)
        {
            context.Artifacts.Add(new()
            {
                Id = Guid.NewGuid(),
                RunId = run.Id,
                OwnerId = owner,
                Kind = "checkpoint",
                Sha256 = sha256,
                Bytes = 1 << 20,
                FileName = "step.safetensors",
                Step = step,
                CreatedAt = Noon.AddSeconds(step),
            });
        }

        return run;
    }

    public Post Post(long number, string checkpoint, string dataset = "shapes", bool hidden = false)
    {
        var post = new Post
        {
            Id = Guid.NewGuid(),
            Number = number,
            Slug = "clip-" + number.ToString(CultureInfo.InvariantCulture),
            Title = "Clip " + number.ToString(CultureInfo.InvariantCulture),
            Prompt = "a red circle",
            SearchWords = "clip",
            SpecYaml = "kind: sampling\n",
            CheckpointSha256 = checkpoint,
            Dataset = dataset,
            VideoSha256 = number.ToString("x64", CultureInfo.InvariantCulture),
            AuthorId = owner,
            CreatedAt = Noon,
            HiddenAt = hidden ? Noon : null,
        };
        context.Posts.Add(post);
        return post;
    }

    public void Entry(long number, string checkpoint, Run run) => context.LeaderboardEntries.Add(new()
    {
        Id = Guid.NewGuid(),
        Number = number,
        OwnerId = owner,
        Title = "Entry " + number.ToString(CultureInfo.InvariantCulture),
        RunId = run.Id,
        CheckpointSha256 = checkpoint,
        Quality = 0.5,
        CreatedAt = Noon,
        LevelAt = Noon,
    });

    public static string Sha(char digit) => new(digit, 64);
}

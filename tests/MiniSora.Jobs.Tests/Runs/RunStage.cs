using Microsoft.Extensions.Logging.Abstractions;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Tests.Runs;

/// <summary>A run folder, a ledger and a job with real child processes on one thread each.</summary>
internal sealed class RunStage : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The smoke recipe without previews, with some settings replaced.</summary>
    public RunStage(params string[] changes)
        : this(Changed("smoke", ["preview.prompts=[]", .. changes]))
    {
    }

    public RunStage(RunSpec spec)
    {
        Run = new RunFolder(folder.Combine("run"));
        Ledger = new MemoryLedger(SpecYaml.Write(spec), Run.Root);
        Options = new RunProcessOptions { DataFolder = folder.Combine("data"), Threads = 1, HeartbeatInterval = TimeSpan.FromMilliseconds(200) };
        Options.Environment["OMP_NUM_THREADS"] = "1";
    }

    /// <summary>A recipe with some settings replaced.</summary>
    public static RunSpec Changed(string recipe, params string[] changes)
    {
        var problems = new List<SpecProblem>();
        var spec = Recipes.Find(recipe)!.Spec;
        foreach (var change in changes)
            spec = SpecOverride.Apply(spec, change, problems);
        Assert.Empty(problems);
        return spec;
    }

    public RunFolder Run { get; }

    public MemoryLedger Ledger { get; }

    public RunProcessOptions Options { get; }

    public IReadOnlyList<string> Checkpoints => new CheckpointShelf(Run.Checkpoints).NewestFirst();

    public async Task ExecuteAsync(CancellationToken cancellationToken = default)
    {
        await using var processes = new SpareProcess(Options, keep: false, TimeProvider.System);
        await ExecuteAsync(processes, cancellationToken);
    }

    public Task ExecuteAsync(SpareProcess processes, CancellationToken cancellationToken = default) =>
        new RunJob(Ledger, processes, Options, TimeProvider.System, NullLogger<RunJob>.Instance).ExecuteAsync(Guid.NewGuid(), cancellationToken).WaitAsync(TimeSpan.FromMinutes(4), CancellationToken.None);

    public void Dispose() => folder.Dispose();
}

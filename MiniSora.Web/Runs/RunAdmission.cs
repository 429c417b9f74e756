using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Weights;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Datasets;
using MiniSora.Web.Queue;
using MiniSora.Web.Retention;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>Decides whether a spec may be submitted, and says everything that stands against it.</summary>
internal sealed class RunAdmission(
    IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store, DatasetService datasets, DataFolder folder, RetentionPolicies policies, IOptions<RunOptions> options)
{
    /// <summary>All reasons against it now.</summary>
    /// <param name="count">Runs that are submitted together.</param>
    public async Task<List<Refusal>> CheckAsync(RunSpec spec, Viewer viewer, CancellationToken cancellationToken, int count = 1)
    {
        var context = await ContextAsync(spec, cancellationToken);
        var reasons = SpecValidator.Validate(spec, context).Select(Refusal.Of).ToList();
        if (viewer.MemberId is not { } member)
        {
            reasons.Add(new("not_signed_in"));
            return reasons;
        }

        var free = folder.FreeBytes();
        if (free < options.Value.MinFreeBytes)
            reasons.Add(new("disk_nearly_full", ("free", Mebibytes(free)), ("needed", Mebibytes(options.Value.MinFreeBytes))));

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await db.Runs.CountAsync(
            run => run.OwnerId == member && (run.State == RunState.Queued || run.State == RunState.Running || run.State == RunState.Interrupted),
            cancellationToken);
        if (open + count > options.Value.MaxOpenRunsPerMember)
            reasons.Add(new("too_many_runs", ("limit", options.Value.MaxOpenRunsPerMember.ToString(CultureInfo.InvariantCulture))));
        return reasons;
    }

    /// <summary>What the portal knows and a spec alone does not.</summary>
    public async Task<SpecContext> ContextAsync(RunSpec spec, CancellationToken cancellationToken)
    {
        var checkpoint = RunAddition.CheckpointOf(spec) is { } hash ? await SourceAsync(hash, cancellationToken) : (false, null, null);
        var there = new HashSet<string>();
        foreach (var sha256 in RunAddition.FilesOf(spec))
        {
            if (await store.HasAsync(sha256, cancellationToken))
                there.Add(sha256);
        }

        return new()
        {
            KnownDatasets = DatasetCatalog.Ids(folder.Root).ToHashSet(),
            ReadyDatasets = datasets.List().Where(d => d.State == DatasetState.Ready).Select(d => d.Id).ToHashSet(),
            CheckpointExists = sha256 => checkpoint.Found && there.Contains(sha256),
            ImageExists = there.Contains,
            VideoExists = there.Contains,
            Source = checkpoint.Spec,
            SourceStep = checkpoint.Step,
            // Names alone: a path that a member types must not tell what is on the server.
            Weights = name => WeightsShelf.Find(folder.Root, name, paths: false) is { } weights ? WeightsShelf.Describe(weights) : null,
            MachineMemoryBytes = MachineMemory.TotalBytes(),
            Calibration = Calibration.Load(folder.Root),
        };
    }

    /// <summary>What the run is expected to cost on this machine.</summary>
    public async Task<RunEstimate> EstimateAsync(RunSpec spec, CancellationToken cancellationToken)
    {
        var (_, source, step) = RunAddition.CheckpointOf(spec) is { } checkpoint ? await SourceAsync(checkpoint, cancellationToken) : default;
        return RunEstimator.Estimate(spec, Calibration.Load(folder.Root), source, step);
    }

    /// <summary>What the run is expected to write.</summary>
    public async Task<long> DiskBytesAsync(RunSpec spec, RunEstimate estimate, CancellationToken cancellationToken) =>
        DiskNeed.Of(spec, estimate, (await policies.ReadAsync(cancellationToken)).CheckpointsOf);

    private async Task<(bool Found, TrainingSpec? Spec, long? Step)> SourceAsync(string sha256, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Artifacts
            .Where(artifact => artifact.Sha256 == sha256 && artifact.Kind == "checkpoint")
            .Join(db.Runs, artifact => artifact.RunId, run => run.Id, (artifact, run) => new { run.SpecYaml, artifact.Step })
            .FirstOrDefaultAsync(cancellationToken);
        return found is null ? (false, null, null) : (true, SpecYaml.Read(found.SpecYaml).Spec as TrainingSpec, found.Step);
    }

    private static string Mebibytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture);
}

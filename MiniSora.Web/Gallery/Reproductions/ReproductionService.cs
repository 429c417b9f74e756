using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Gallery.Reproductions;

/// <summary>A reproduction as the page of its post shows it.</summary>
/// <param name="RunId">Its run, when it still exists.</param>
public sealed record ReproductionView(
    Guid Id, ReproductionVerdict Verdict, string Machine, string Precision, string SoftwareVersion, double? Psnr, double? Ssim, DateTimeOffset At, Guid? RunId, RunState? State);

/// <summary>Makes published videos again from their passports, and tells what came of it.</summary>
public sealed class ReproductionService
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunService runs;
    private readonly RunAdmission admission;
    private readonly Fleet fleet;

    internal ReproductionService(IDbContextFactory<MiniSoraDbContext> contexts, RunService runs, RunAdmission admission, Fleet fleet) =>
        (this.contexts, this.runs, this.admission, this.fleet) = (contexts, runs, admission, fleet);

    /// <summary>What may be asked for as device: <c>auto</c>, and where workers have cards also <c>cpu</c> and <c>cuda</c>.</summary>
    public IReadOnlyList<string> Devices => fleet.Slots.Any(slot => slot.Device.StartsWith("cuda", StringComparison.Ordinal)) ? ["auto", "cpu", "cuda"] : ["auto"];

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<ReproductionView>> OfAsync(Guid postId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Set<Reproduction>().AsNoTracking().Where(reproduction => reproduction.PostId == postId).OrderByDescending(reproduction => reproduction.CreatedAt)
            .Select(reproduction => new ReproductionView(
                reproduction.Id, reproduction.Verdict, reproduction.Machine, reproduction.Precision, reproduction.SoftwareVersion, reproduction.Psnr, reproduction.Ssim,
                reproduction.EndedAt ?? reproduction.CreatedAt, reproduction.RunId, context.Runs.Where(run => run.Id == reproduction.RunId).Select(run => (RunState?)run.State).SingleOrDefault()))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Queues a run of the viewer's that makes the clip of a post again, behind all others. Empty when done, else all reasons against it.</summary>
    /// <param name="device">One of <see cref="Devices"/>.</param>
    public async Task<IReadOnlyList<Refusal>> AskAsync(string slug, string device, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var post = await context.Posts.AsNoTracking().SingleOrDefaultAsync(post => post.Slug == slug && post.HiddenAt == null, cancellationToken);
        if (post is null)
            return [new("not_found")];
        if (SpecYaml.Read(post.SpecYaml).Spec is not SamplingSpec sampling)
            return [new("spec_unreadable")];
        var spec = sampling with
        {
            Name = Named(post.Title),
            Checkpoint = post.CheckpointSha256,
            Prompt = post.Prompt,
            Seed = post.Seed,
            Clips = 1,
            CacheChecks = 0,
            StepPreviews = 0,
            Original = post.VideoSha256,
            Device = device,
        };
        var reasons = await admission.CheckAsync(spec, viewer, cancellationToken);
        if (await context.Set<Reproduction>().AnyAsync(reproduction => reproduction.PostId == post.Id && reproduction.RunId != null && reproduction.Verdict == ReproductionVerdict.Running, cancellationToken))
            reasons.Add(new("reproduction_running"));
        var (_, refused) = await runs.QueueAsync([spec], null, reasons, new Origin(PostId: post.Id), viewer, cancellationToken, RunPriority.Low, (write, run) =>
            write.Context.Add(new Reproduction { Id = Guid.CreateVersion7(write.Now), PostId = post.Id, RunId = run.Id, CreatedAt = write.Now, SoftwareVersion = Product.Version }));
        return refused;
    }

    // The run is its owner's, who reads of it in a list beside others.
    private static string Named(string title) => title.Length <= 116 ? "↻ " + title : "↻ " + title[..116];
}

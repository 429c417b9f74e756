using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Gallery.Reproductions;

/// <summary>Says what came of reproductions whose runs end, in the transaction in which they end: there is no moment at which one is known without the other.</summary>
internal static class ReproductionJudge
{
    public static async Task JudgeAsync(RunWrite write, CancellationToken cancellationToken)
    {
        foreach (var run in write.Ended.Where(run => run.Kind == RunKind.Sampling).Distinct().ToList())
        {
            var reproduction = await write.Context.Set<Reproduction>().SingleOrDefaultAsync(r => r.RunId == run.Id && r.Verdict == ReproductionVerdict.Running, cancellationToken);
            if (reproduction is not null)
                await JudgeAsync(write, run, reproduction, cancellationToken);
        }
    }

    private static async Task JudgeAsync(RunWrite write, Run run, Reproduction reproduction, CancellationToken cancellationToken)
    {
        (reproduction.EndedAt, reproduction.Machine, reproduction.Precision) = (write.Now, run.Machine ?? run.Device ?? "", run.Precision ?? "");
        var points = await write.Context.Database
            .SqlQuery<PointRow>($"""SELECT names."Name", points."Value" FROM "MetricPoints" AS points JOIN "MetricNames" AS names ON names."Id" = points."Metric" WHERE points."Run" = {run.Number}""")
            .ToListAsync(cancellationToken);
        double? Of(string name) => points.FirstOrDefault(point => point.Name == name)?.Value;
        // A run that was stopped before its clip was there succeeded in stopping.
        if (run.State != RunState.Succeeded || Of("original_exact") is not { } exact || Of("original_psnr") is not { } psnr || Of("original_ssim") is not { } ssim)
        {
            reproduction.Verdict = ReproductionVerdict.Broken;
            return;
        }

        var likeness = new OriginalLikeness(exact > 0, psnr, ssim);
        (reproduction.Psnr, reproduction.Ssim) = (psnr, ssim);
        reproduction.Verdict = likeness.Exact ? ReproductionVerdict.Exact : likeness.IsReproduced ? ReproductionVerdict.Near : ReproductionVerdict.Different;
        if (!likeness.IsReproduced || await write.Context.Posts.SingleOrDefaultAsync(post => post.Id == reproduction.PostId, cancellationToken) is not { } post)
            return;
        var machines = await write.Context.Set<Reproduction>()
            .Where(r => r.PostId == post.Id && (r.Verdict == ReproductionVerdict.Exact || r.Verdict == ReproductionVerdict.Near)).Select(r => r.Machine).Distinct().ToListAsync(cancellationToken);
        if (machines.Contains(reproduction.Machine))
            return;
        post.ReproducedOn = machines.Count + 1;
        NoticeBoard.Tell(write, post.AuthorId, run.OwnerId, "reproduction", reproduction.Machine, post.Title, $"/gallery/{post.Slug}#reproduced");
    }

    private sealed record PointRow(string Name, double? Value);
}

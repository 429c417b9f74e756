using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Roundtables;

/// <summary>The roundtables that the community held before it had a portal.</summary>
internal static class RoundtableSeed
{
    public static async Task PlantAsync(MiniSoraDbContext context, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await context.Roundtables.AnyAsync(cancellationToken))
            return;
        context.Roundtables.AddRange(
            new Roundtable
            {
                Id = Guid.CreateVersion7(now),
                Slug = "night-talk-video-diffusion",
                Title = "Night talk with Sora: an overview of video diffusion",
                TitleZh = "Sora 夜谈：视频扩散综述",
                Abstract = "The first roundtable: where video diffusion came from, how latent models, time layers and transformers were joined, and what Sora may be made of. With slides, a recording and notes by the community.",
                AbstractZh = "首次圆桌：视频扩散的来龙去脉，潜空间模型、时间层与 Transformer 如何结合，以及 Sora 可能的构成。社区留有幻灯片、录像与笔记。",
                State = RoundtableState.Held,
                StartsAt = new DateTimeOffset(2024, 2, 28, 20, 0, 0, RoundtableEndpoints.Community),
                Minutes = 60,
                PresenterName = "Xing Zhen (Fudan)",
                PaperSlug = "sora-technical-report",
                SlidesUrl = "https://github.com/mini-sora/minisora",
                CreatedAt = now,
            },
            new Roundtable
            {
                Id = Guid.CreateVersion7(now),
                Slug = "stable-diffusion-3-mm-dit",
                Title = "Reading Stable Diffusion 3: MM-DiT",
                TitleZh = "共读 Stable Diffusion 3：MM-DiT",
                Abstract = "Contributors of MMagic read the paper with the community: rectified flow as the objective, which times to train on, and a transformer in which words and picture meet in one attention.",
                AbstractZh = "MMagic 贡献者与社区共读：以整流流为目标、训练哪些时间，以及让文字与图像在同一注意力中相遇的 Transformer。",
                State = RoundtableState.Held,
                StartsAt = new DateTimeOffset(2024, 3, 12, 20, 0, 0, RoundtableEndpoints.Community),
                Minutes = 60,
                PresenterName = "MMagic contributors",
                PaperSlug = "stable-diffusion-3",
                SlidesUrl = "https://github.com/mini-sora/minisora",
                CreatedAt = now,
            });
        await context.SaveChangesAsync(cancellationToken);
    }
}

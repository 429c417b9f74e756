using MiniSora.Model.Media;
using MiniSora.Web.Gallery;
using MiniSora.Web.Passports;
using MiniSora.Web.Storage;
using MiniSora.Web.Tests.Gallery;

namespace MiniSora.Web.Tests.Passports;

public sealed class PassportTests
{
    [Fact]
    public async Task A_published_file_is_signed_and_every_change_of_it_is_noticed()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var published = await GalleryServiceTests.PublishClipAsync(backend, mei, Clip(1));
        var post = (await backend.Get<GalleryService>().GetAsync(published.Slug, mei, CancellationToken.None))!;
        Assert.Equal(64, post.Passport!.Metrics.Length);
        var file = Path.Combine(backend.Get<DataFolder>().Artifacts, post.VideoUrl.Split('/')[2][..2], post.VideoUrl.Split('/')[2]);
        Assert.Equal((PassportVerdict.Signed, published.Slug), await CheckAsync(backend, file));

        foreach (var tag in new[] { MediaTags.Spec, MediaTags.Seed, MediaTags.Checkpoint, MediaTags.Title, MediaTags.Passport, MediaTags.Signature })
        {
            var tags = await VideoFile.ReadTagsAsync(file, CancellationToken.None);
            var changed = Path.Combine(backend.Root, "changed.mp4");
            await VideoFile.AddTagsAsync(file, changed, new Dictionary<string, string> { [tag] = Flipped(tags[tag]) }, CancellationToken.None);
            Assert.Equal((tag, PassportVerdict.Altered), (tag, (await CheckAsync(backend, changed)).Verdict));
        }
    }

    [Fact]
    public async Task Other_pictures_under_a_genuine_passport_are_altered_and_pictures_without_one_are_recognised()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var published = await GalleryServiceTests.PublishClipAsync(backend, mei, Clip(1));
        var post = (await backend.Get<GalleryService>().GetAsync(published.Slug, mei, CancellationToken.None))!;
        var file = Path.Combine(backend.Get<DataFolder>().Artifacts, post.VideoUrl.Split('/')[2][..2], post.VideoUrl.Split('/')[2]);
        var tags = await VideoFile.ReadTagsAsync(file, CancellationToken.None);

        var other = Path.Combine(backend.Root, "other.mp4");
        await VideoFile.WriteAsync(other, Clip(9), 8, 32, 32, 8, new Dictionary<string, string>(tags), CancellationToken.None);
        Assert.Equal(PassportVerdict.Altered, (await CheckAsync(backend, other)).Verdict);

        // Coded again without any tag: unknown, but it looks like the post.
        var bare = Path.Combine(backend.Root, "bare.mp4");
        await VideoFile.WriteAsync(bare, Clip(1), 8, 32, 32, 8, new Dictionary<string, string>(), CancellationToken.None);
        Assert.Equal((PassportVerdict.Unknown, published.Slug), await CheckAsync(backend, bare));

        var stranger = Path.Combine(backend.Root, "stranger.mp4");
        await VideoFile.WriteAsync(stranger, Clip(77), 8, 32, 32, 8, new Dictionary<string, string>(), CancellationToken.None);
        Assert.Equal((PassportVerdict.Unknown, null), await CheckAsync(backend, stranger));
    }

    [Fact]
    public async Task The_key_stays_and_another_portals_key_does_not_verify()
    {
        await using var one = await Backend.StartAsync();
        await using var other = await Backend.StartAsync();
        var key = one.Get<PassportKey>();
        var signature = key.Sign("text");
        Assert.True(new PassportKey(one.Get<DataFolder>()).Verifies("text", signature));
        Assert.False(key.Verifies("Text", signature));
        Assert.False(key.Verifies("text", "nonsense"));
        Assert.False(other.Get<PassportKey>().Verifies("text", signature));
    }

    [Fact]
    public void A_changed_point_changes_the_root_of_the_log()
    {
        Assert.NotEqual(Root(5, null), Root(5, 3));
        Assert.NotEqual(Root(5, null), Root(4, null));
        Assert.Equal(Root(5, null), Root(5, null));
    }

    private static string Root(int points, int? changed)
    {
        var tree = new MetricRoot.Tree();
        for (var step = 0; step < points; step++)
            tree.Add(MetricRoot.Leaf("loss", step, step == changed ? 2 : 1));
        return Convert.ToHexStringLower(tree.Root()!);
    }

    private static string Flipped(string text) => (text[0] == '1' ? "2" : "1") + text[1..];

    private static async Task<(PassportVerdict Verdict, string? Slug)> CheckAsync(Backend backend, string file)
    {
        var result = await backend.Get<PassportCheck>().CheckAsync(file, CancellationToken.None);
        return (result.Verdict, result.Slug);
    }

    // Patches of different brightness that move with the frame: something that has a look.
    private static byte[] Clip(int seed)
    {
        var pixels = new byte[8 * 32 * 32 * 3];
        for (var at = 0; at < pixels.Length; at++)
        {
            var (frame, y, x) = (at / (32 * 32 * 3), at / (32 * 3) % 32, at / 3 % 32);
            pixels[at] = (byte)(((((x + frame) / 4 * 37) + (y / 4 * 61)) * seed * 7) % 256);
        }

        return pixels;
    }
}

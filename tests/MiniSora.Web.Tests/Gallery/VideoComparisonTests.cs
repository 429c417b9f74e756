using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Gallery;
using MiniSora.Web.Gallery.Compare;

namespace MiniSora.Web.Tests.Gallery;

public class VideoComparisonTests
{
    private static readonly TrainingSpec Training = Backend.Training();
    private static readonly SamplingSpec Sampling = new() { Prompt = "a red circle" };

    [Fact]
    public void What_differs_in_sampling_or_in_training_comes_first()
    {
        var rows = VideoComparison.Settings(
            [Video("a", Sampling, Training), Video("b", Sampling with { Prompt = "a blue star" }, Training with { Training = Training.Training with { LearningRate = 2e-4 } })], "Training");

        Assert.Equal(["prompt", "training.training.learning_rate"], rows.TakeWhile(row => row.Differs).Select(row => row.Key));
        Assert.DoesNotContain(rows.Skip(2), row => row.Differs);
        Assert.StartsWith("Training · ", rows[1].Group, StringComparison.Ordinal);
        Assert.DoesNotContain(rows, row => row.Key == "checkpoint");
    }

    [Fact]
    public void Videos_of_one_checkpoint_are_not_compared_by_its_training()
    {
        ComparedVideo[] videos = [Video("a", Sampling, Training), Video("a", Sampling with { Seed = 5 }, Training)];

        Assert.True(VideoComparison.OneModel(videos));
        Assert.Equal(["seed"], VideoComparison.Settings(videos, "Training").Where(row => row.Differs).Select(row => row.Key));
        Assert.DoesNotContain(VideoComparison.Settings(videos, "Training"), row => row.Key.StartsWith("training.", StringComparison.Ordinal));
        Assert.False(VideoComparison.OneModel([videos[0]]));
    }

    [Fact]
    public void The_length_is_known_where_frames_and_rate_are()
    {
        Assert.Equal(2, Video("a", Sampling with { FramesPerSecond = 8 }, null).Seconds);
        Assert.Null(Video("a", null, null).Seconds);
    }

    [Fact]
    public async Task Videos_are_found_in_the_order_of_the_address_and_hidden_ones_only_by_those_concerned()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var slugs = new List<string>();
        for (byte i = 1; i <= 3; i++)
            slugs.Add(Assert.IsType<Published>(await backend.Get<GalleryService>().PublishAsync(await GalleryServiceTests.VideoAsync(backend, mei, i), $"Video {i}", mei, CancellationToken.None)).Slug);
        await using (var context = await backend.DbAsync())
        {
            context.Posts.Single(post => post.Slug == slugs[2]).HiddenAt = backend.Clock.GetUtcNow();
            await context.SaveChangesAsync();
        }

        var videos = backend.Get<VideoComparisons>();
        var (found, unknown) = await videos.FindAsync([slugs[1], "nothing", slugs[0], slugs[2]], tom, CancellationToken.None);
        Assert.Equal([slugs[1], slugs[0]], found.Select(video => video.Post.Slug));
        Assert.Equal(["nothing", slugs[2]], unknown);
        Assert.All(found, video => Assert.Equal(("Samples", "Shapes"), (video.Sampling!.Name, video.Training!.Name)));
        Assert.Equal(3, (await videos.FindAsync(slugs, mei, CancellationToken.None)).Videos.Count);
        Assert.Equal([slugs[0]], (await videos.OffersAsync([found[0]], CancellationToken.None)).Select(offer => offer.Slug));
    }

    private static ComparedVideo Video(string checkpoint, SamplingSpec? sampling, TrainingSpec? training) => new(
        new(Guid.NewGuid(), checkpoint, "", "", "", 1, checkpoint, "", 0, 0, Guid.Empty, "", "", "", null, null, null, default, false) { Frames = 16 }, sampling, training);
}

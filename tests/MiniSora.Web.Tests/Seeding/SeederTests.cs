using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Cli;
using MiniSora.Web.Gallery;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Runs;
using MiniSora.Web.Seeding;

namespace MiniSora.Web.Tests.Seeding;

public class SeederTests
{
    private static readonly SeedOptions Few = new(Posts: 60, Runs: 40, Points: 1000, Members: 7);

    [Fact]
    public async Task It_writes_as_many_as_were_asked_for_and_its_counters_are_those_of_its_rows()
    {
        await using var backend = await Backend.StartAsync();
        await SeedAsync(backend, Few);
        await using var db = await backend.DbAsync();
        Assert.Equal((7, 40, 60), (await db.Users.CountAsync(), await db.Runs.CountAsync(), await db.Posts.CountAsync()));
        Assert.Equal(1000, (await db.Database.SqlQuery<long>($"""SELECT COUNT(*) AS "Value" FROM "MetricPoints" """).ToListAsync()).Single());
        foreach (var post in await db.Posts.AsNoTracking().ToListAsync())
        {
            Assert.Equal(post.Likes, await db.PostMarks.CountAsync(mark => mark.PostId == post.Id && mark.Kind == PostMarkKind.Like));
            Assert.Equal(post.Reproductions, await db.PostMarks.CountAsync(mark => mark.PostId == post.Id && mark.Kind == PostMarkKind.Reproduced));
            Assert.Equal(post.Comments, await db.Comments.CountAsync(comment => comment.PostId == post.Id));
        }

        var feed = backend.Get<GalleryFeed>();
        Assert.Equal(60, (await feed.CountAsync(new(), CancellationToken.None)).Total);
        Assert.NotEmpty((await feed.ListAsync(new() { Text = "红色" }, CancellationToken.None)).Posts);
        Assert.Contains((await backend.Runs.ListAsync(new(), CancellationToken.None)).Runs, run => run.LastLoss is not null);
        Assert.NotEmpty((await backend.Get<LeaderboardReader>().BestAsync(3, CancellationToken.None))[0].Rows);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_rows_and_another_one_others()
    {
        var first = await RowsAsync(Few);
        Assert.Equal(first, await RowsAsync(Few));
        Assert.NotEqual(first, await RowsAsync(Few with { Seed = 2 }));
    }

    [Fact]
    public async Task Where_members_are_it_writes_only_when_told_so()
    {
        await using var backend = await Backend.StartAsync();
        await backend.MemberAsync("mei");
        Assert.Equal(1, (await Assert.ThrowsAsync<SeedRefusedException>(() => SeedAsync(backend, Few))).Members);
        await using var db = await backend.DbAsync();
        Assert.Equal((1, 0, 0), (await db.Users.CountAsync(), await db.Runs.CountAsync(), await db.Posts.CountAsync()));

        await SeedAsync(backend, Few with { IntoExisting = true });
        await SeedAsync(backend, Few with { IntoExisting = true });
        Assert.Equal((15, 80, 120), (await db.Users.CountAsync(), await db.Runs.CountAsync(), await db.Posts.CountAsync()));
    }

    [Fact]
    public async Task It_stops_when_told_to()
    {
        await using var backend = await Backend.StartAsync();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backend.Get<Seeder>().SeedAsync(Few, new Watching(_ => stop.Cancel()), stop.Token));
        await using var db = await backend.DbAsync();
        Assert.Equal(0, await db.Posts.CountAsync());
    }

    [Fact]
    public void All_that_is_wrong_with_the_options_is_said_at_once() =>
        Assert.Equal(3, new SeedOptions(Posts: -1, Runs: 2, Members: 0).Problems().Count);

    private static async Task<string> RowsAsync(SeedOptions options)
    {
        await using var backend = await Backend.StartAsync();
        await SeedAsync(backend, options);
        await using var db = await backend.DbAsync();
        var posts = await db.Posts.AsNoTracking().OrderBy(post => post.Number).Select(post => new { post.Id, post.Title, post.CreatedAt, post.VideoSha256, post.AuthorId, post.Likes }).ToListAsync();
        var runs = await db.Runs.AsNoTracking().OrderBy(run => run.Number).Select(run => new { run.Id, run.SpecHash, run.State, run.EndedAt }).ToListAsync();
        return string.Join('\n', posts) + string.Join('\n', runs);
    }

    private static Task SeedAsync(Backend backend, SeedOptions options) => backend.Get<Seeder>().SeedAsync(options, new Watching(_ => { }), CancellationToken.None);

    private sealed class Watching(Action<SeedProgress> see) : IProgress<SeedProgress>
    {
        public void Report(SeedProgress value) => see(value);
    }
}

using System.IO.Compression;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Leaving;
using MiniSora.Web.Account.Profile;
using MiniSora.Web.Gallery;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Tests.Gallery;

namespace MiniSora.Web.Tests.Account;

public sealed class MemberDataTests
{
    [Fact]
    public async Task An_export_holds_what_the_member_made_and_nothing_of_others()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostSearchTests.PublishAsync(backend, "Mine", "红色", author: mei);
        await backend.Get<PostTalk>().CommentAsync(post.Slug, "Of tom", tom, CancellationToken.None);
        await backend.Get<PostTalk>().CommentAsync(post.Slug, "Of mei", mei, CancellationToken.None);
        await backend.SubmitAsync(mei);
        using var archive = new ZipArchive(new MemoryStream(await backend.Get<MemberData>().ExportAsync(mei.MemberId!.Value, CancellationToken.None)));
        Assert.Contains("红色", await TextAsync(archive, "posts.json"), StringComparison.Ordinal);
        var comments = await TextAsync(archive, "comments.json");
        Assert.Contains("Of mei", comments, StringComparison.Ordinal);
        Assert.DoesNotContain("Of tom", comments, StringComparison.Ordinal);
        Assert.Contains("kind: training", (await TextAsync(archive, "runs/1.yaml")).Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_account_leaves_the_log_of_a_roundtable_without_its_name_and_right_counts()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostSearchTests.PublishAsync(backend, "Mine", "", author: mei);
        await backend.Get<PostTalk>().MarkAsync(post.Slug, PostMarkKind.Like, true, tom, CancellationToken.None);
        await backend.Get<PostTalk>().CommentAsync(post.Slug, "Hello", tom, CancellationToken.None);
        var theirs = await PostSearchTests.PublishAsync(backend, "Theirs", "", author: tom);
        var slug = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All", "", true, mei, CancellationToken.None)).Slug!;
        Assert.Empty(await backend.Get<LiveRooms>().ActAsync(slug, "prompt", new() { ["text"] = "a cat" }, tom, CancellationToken.None));
        await backend.SubmitAsync(tom);

        Assert.Empty(await backend.Get<MemberData>().DeleteAsync(tom.MemberId!.Value, "tom", true, CancellationToken.None));

        var left = await backend.Get<GalleryService>().GetAsync(post.Slug, mei, CancellationToken.None);
        Assert.Equal(0, left!.Likes);
        Assert.Empty(await backend.Get<PostTalk>().CommentsAsync(post.Id, mei, CancellationToken.None));
        Assert.Null(await backend.Get<GalleryService>().GetAsync(theirs.Slug, mei, CancellationToken.None));
        Assert.Null(await backend.Get<ProfileService>().GetAsync("tom", CancellationToken.None));
        await using var context = await backend.DbAsync();
        Assert.Equal("", (await context.RoundtableEvents.SingleAsync()).MemberName);
        Assert.False(await context.Runs.AnyAsync());
    }

    [Fact]
    public async Task The_last_administrator_stays_and_a_wrong_password_deletes_nobody()
    {
        await using var backend = await Backend.StartAsync();
        await using var scope = backend.Get<IServiceScopeFactory>().CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var boss = new Member { UserName = "boss@example.org", Email = "boss@example.org", DisplayName = "Boss" };
        Assert.True((await members.CreateAsync(boss, "correct horse battery")).Succeeded);
        await members.AddToRoleAsync(boss, MemberRoles.Administrator);
        Assert.Equal("password_wrong", Assert.Single(await backend.Get<MemberData>().DeleteAsync(boss.Id, "wrong", true, CancellationToken.None)).Code);
        Assert.Equal("last_administrator", Assert.Single(await backend.Get<MemberData>().DeleteAsync(boss.Id, "correct horse battery", false, CancellationToken.None)).Code);
    }

    [Theory]
    [InlineData("Lin Xiao", "lin-xiao")]
    [InlineData("林晓", "林晓")]
    [InlineData("<script>", "script")]
    [InlineData("!!!", "member")]
    public async Task A_member_has_an_address_of_their_own(string name, string handle)
    {
        await using var backend = await Backend.StartAsync();
        await backend.MemberAsync(name);
        var second = new Member { Id = Guid.NewGuid(), UserName = "other", DisplayName = name };
        await using var context = await backend.DbAsync();
        context.Users.Add(second);
        await context.SaveChangesAsync();
        Assert.Equal(handle + "-2", second.Handle);
        Assert.NotNull(await backend.Get<ProfileService>().GetAsync(handle, CancellationToken.None));
    }

    [Fact]
    public async Task A_new_name_is_found_in_the_search_of_the_gallery()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        await PostSearchTests.PublishAsync(backend, "One", "", author: mei);
        Assert.Empty(await backend.Get<ProfileService>().ChangeAsync("林晓", "", mei, CancellationToken.None));
        Assert.Single((await backend.Get<GalleryFeed>().ListAsync(new() { Text = "林晓" }, CancellationToken.None)).Posts);
        Assert.Equal("display_name_length", Assert.Single(await backend.Get<ProfileService>().ChangeAsync(" ", "", mei, CancellationToken.None)).Code);
    }

    private static async Task<string> TextAsync(ZipArchive archive, string name)
    {
        using var reader = new StreamReader(await archive.GetEntry(name)!.OpenAsync());
        return await reader.ReadToEndAsync();
    }
}

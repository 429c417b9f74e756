using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Leaving;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Gallery;
using MiniSora.Web.Papers;
using MiniSora.Web.Portals;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Tests.Gallery;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Webhooks;

public class WebhookTests
{
    [Fact]
    public async Task What_happens_in_the_community_is_told_once_in_the_language_of_the_chat()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var (mei, boss) = (await backend.MemberAsync("mei"), await backend.MemberAsync("boss", administrator: true));
        await AddAsync(backend, boss, chat, community: true, language: "zh-CN");
        var video = await GalleryServiceTests.VideoAsync(backend, mei);
        var post = Assert.IsType<Published>(await backend.Get<GalleryService>().PublishAsync(video, "A red circle", mei, CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromSeconds(1));
        var paper = (await backend.Get<PaperService>().ProposeAsync(new("A paper", "Somebody", "", "https://example.org/p", "", "It matters", AdmissionRule.Stars, "https://example.org/s"), mei, CancellationToken.None)).Slug;
        Assert.Equal(1, await DeliverAsync(backend));
        Assert.Null(await backend.Get<PaperService>().AdmitAsync(paper!, true, boss, CancellationToken.None));
        var table = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All", "", true, mei, CancellationToken.None)).Slug!;
        var at = backend.Clock.GetUtcNow().AddHours(1);
        backend.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var twice = 0; twice < 2; twice++)
            Assert.Null(await backend.Get<RoundtableService>().ScheduleAsync(table, at, 60, boss, CancellationToken.None));
        Assert.Equal(2, await DeliverAsync(backend));
        backend.Clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal(1, await DeliverAsync(backend));
        Assert.Empty(await backend.Get<LiveRooms>().ActAsync(table, "began", [], boss, CancellationToken.None));
        Assert.Equal(1, await DeliverAsync(backend));
        Assert.Equal(0, await DeliverAsync(backend));
        Assert.Equal(
            [
                ("mei 发布了新视频：A red circle", "/gallery/" + post.Slug), ("论文入选阅读计划：A paper", "/papers/" + paper),
                ("圆桌定于 2026-11-22 13:00 UTC：Latte", "/roundtables/" + table), ("圆桌即将开始（2026-11-22 13:00 UTC）：Latte", "/roundtables/" + table), ("圆桌已开始：Latte", "/roundtables/" + table),
            ],
            Said(chat));
    }

    [Fact]
    public async Task A_member_is_told_of_their_own_notices_of_the_chosen_kinds_alone()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var (mei, tom, boss) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("boss", administrator: true));
        await AddAsync(backend, mei, chat, events: ["talk"]);
        var post = await PostSearchTests.PublishAsync(backend, "Mine", "", author: mei);
        var theirs = await PostSearchTests.PublishAsync(backend, "Theirs", "", author: tom);
        await backend.Get<PostTalk>().MarkAsync(post.Slug, PostMarkKind.Like, true, tom, CancellationToken.None);
        await backend.Get<PostTalk>().MarkAsync(theirs.Slug, PostMarkKind.Like, true, mei, CancellationToken.None);
        var table = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All", "", true, mei, CancellationToken.None)).Slug!;
        Assert.Null(await backend.Get<RoundtableService>().ScheduleAsync(table, backend.Clock.GetUtcNow().AddHours(1), 60, boss, CancellationToken.None));
        Assert.Equal(1, await DeliverAsync(backend));
        var (text, path) = Assert.Single(Said(chat));
        Assert.Contains("tom", text, StringComparison.Ordinal);
        Assert.Equal("/gallery/" + post.Slug, path);
    }

    [Fact]
    public async Task What_was_not_stored_is_not_told()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        await AddAsync(backend, await backend.MemberAsync("boss", administrator: true), chat, community: true);
        await Assert.ThrowsAsync<InvalidOperationException>(() => backend.Get<RunWriting>().DoAsync(
            async write =>
            {
                write.Announce(new(null, WebhookEvents.Post, "post 1", "mei", "A", "", "/gallery/a"));
                await WebhookOutbox.FillAsync(write, CancellationToken.None);
                await write.Context.SaveChangesAsync();
                throw new InvalidOperationException("The disk is gone.");
            },
            CancellationToken.None));
        Assert.Equal(0, await DeliverAsync(backend));
    }

    [Fact]
    public async Task Whoever_asks_for_patience_gets_it_and_the_message_after_it()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var boss = await backend.MemberAsync("boss", administrator: true);
        await AddAsync(backend, boss, chat, community: true);
        await AnnounceAsync(backend, "a", "b");
        chat.Answer(429, """{"retry_after": 90.5}""");
        Assert.Equal(1, await DeliverAsync(backend));
        chat.Answer(204);
        backend.Clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(0, await DeliverAsync(backend));
        backend.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, await DeliverAsync(backend));
        Assert.Equal(["/a", "/a", "/b"], Said(chat).Select(said => said.Path));
        var view = Assert.Single(await backend.Get<WebhookService>().ListAsync(true, boss, CancellationToken.None));
        Assert.Equal((backend.Clock.GetUtcNow(), false, 0), (view.DeliveredAt, view.IsOff, view.Waiting));
        Assert.StartsWith("429", view.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chat_that_takes_nothing_for_a_day_is_switched_off_and_its_owner_told()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var mei = await backend.MemberAsync("mei");
        await AddAsync(backend, mei, chat);
        await AddAsync(backend, mei, chat);
        chat.Answer(404, "Unknown Webhook");
        foreach (var pause in WebhookCourier.Pauses)
        {
            await TellAsync(backend, mei, pause.ToString());
            Assert.Equal(2, await DeliverAsync(backend));
            Assert.Equal(0, await DeliverAsync(backend));
            backend.Clock.Advance(pause);
        }

        Assert.DoesNotContain(await backend.Get<NoticeBoard>().ListAsync(mei.MemberId!.Value, CancellationToken.None), notice => notice.Kind == "webhook_off");
        await TellAsync(backend, mei, "last");
        Assert.Equal(2, await DeliverAsync(backend));
        var off = (await backend.Get<NoticeBoard>().ListAsync(mei.MemberId!.Value, CancellationToken.None)).Where(notice => notice.Kind == "webhook_off").ToList();
        Assert.Equal(2, off.Count);
        Assert.All(off, notice => Assert.Equal("/me/webhooks", notice.Url));
        var views = await backend.Get<WebhookService>().ListAsync(false, mei, CancellationToken.None);
        Assert.All(views, view => Assert.Equal((true, "404 Unknown Webhook", 0), (view.IsOff, view.LastError, view.Waiting)));

        // Nothing more is sent, nor kept for later, until it is switched on.
        backend.Clock.Advance(TimeSpan.FromDays(1));
        await TellAsync(backend, mei, "after");
        Assert.Equal(0, await DeliverAsync(backend));
        chat.Answer(204);
        Assert.Null(await backend.Get<WebhookService>().TurnOnAsync(false, views[0].Id, mei, CancellationToken.None));
        await TellAsync(backend, mei, "again");
        Assert.Equal(1, await DeliverAsync(backend));
    }

    [Fact]
    public async Task A_message_that_nobody_takes_does_not_stand_before_the_next()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        await AddAsync(backend, await backend.MemberAsync("boss", administrator: true), chat, community: true);
        await AnnounceAsync(backend, "a", "b");
        chat.Answer(400);
        for (var i = 0; i < WebhookCourier.MostTries; i++)
        {
            Assert.Equal(1, await DeliverAsync(backend));
            backend.Clock.Advance(WebhookCourier.Pauses[i]);
        }

        chat.Answer(204);
        Assert.Equal(1, await DeliverAsync(backend));
        Assert.Equal(["/a", "/a", "/a", "/b"], Said(chat).Select(said => said.Path));
    }

    [Fact]
    public async Task A_message_that_may_have_arrived_is_not_sent_again()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        await AddAsync(backend, await backend.MemberAsync("boss", administrator: true), chat, community: true);
        await AnnounceAsync(backend, "a", "b");
        chat.Answers = http =>
        {
            http.Abort();
            return Task.CompletedTask;
        };
        Assert.Equal(1, await DeliverAsync(backend));
        chat.Answer(204);
        // A portal that died while it sent the other one.
        await using (var context = await backend.DbAsync())
        {
            Assert.Equal(1, await context.Set<WebhookDelivery>().CountAsync(delivery => delivery.State == DeliveryState.Unknown));
            await context.Set<WebhookDelivery>().Where(delivery => delivery.State == DeliveryState.Waiting).ExecuteUpdateAsync(set => set.SetProperty(delivery => delivery.State, DeliveryState.Sending));
        }

        await AnnounceAsync(backend, "c");
        backend.Clock.Advance(TimeSpan.FromMinutes(1));
        using var next = ActivatorUtilities.CreateInstance<WebhookCourier>(backend.Get<IServiceProvider>());
        Assert.Equal(1, await next.DeliverAsync(CancellationToken.None));
        Assert.Equal(["/a", "/c"], Said(chat).Select(said => said.Path));
        await using var after = await backend.DbAsync();
        Assert.Equal(2, await after.Set<WebhookDelivery>().CountAsync(delivery => delivery.State == DeliveryState.Unknown));
    }

    [Fact]
    public async Task Nobody_touches_what_is_not_theirs_and_the_address_is_kept_encrypted()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var service = backend.Get<WebhookService>();
        var (mei, tom, boss) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("boss", administrator: true));
        await AddAsync(backend, mei, chat);
        await AddAsync(backend, boss, chat, community: true);
        Assert.Equal("not_found", Assert.Single(await service.AddAsync(true, new(WebhookKind.Discord, chat.Url, "", "en", ["post"]), "https://a.example", mei, CancellationToken.None)).Code);
        Assert.Empty(await service.ListAsync(true, mei, CancellationToken.None));
        Assert.Empty(await service.ListAsync(false, tom, CancellationToken.None));
        Assert.Empty(await service.ListAsync(false, Viewer.Visitor, CancellationToken.None));
        var mine = Assert.Single(await service.ListAsync(false, mei, CancellationToken.None));
        foreach (var other in new[] { tom, boss })
        {
            Assert.Equal("not_found", (await service.RemoveAsync(false, mine.Id, other, CancellationToken.None))?.Code);
            Assert.Equal("not_found", (await service.TurnOnAsync(false, mine.Id, other, CancellationToken.None))?.Code);
            Assert.Equal("not_found", (await service.TestAsync(false, mine.Id, other, CancellationToken.None)).Refusal?.Code);
        }

        Assert.Empty(chat.Heard);
        Assert.Equal(new Uri(chat.Url).Authority + "/…1234", mine.Shown);
        await using var context = await backend.DbAsync();
        Assert.All(await context.Set<Webhook>().ToListAsync(), webhook => Assert.DoesNotContain("abcd", webhook.SealedUrl + webhook.Shown, StringComparison.Ordinal));
        Assert.Null(await service.RemoveAsync(false, mine.Id, mei, CancellationToken.None));
        Assert.Empty(await service.ListAsync(false, mei, CancellationToken.None));
    }

    [Fact]
    public async Task A_wrong_webhook_is_refused_with_all_reasons_and_a_test_shows_the_answer()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var service = backend.Get<WebhookService>();
        var mei = await backend.MemberAsync("mei");
        var refused = await service.AddAsync(false, new(WebhookKind.Discord, "http://example.org", "s", "fr", ["post"]), "https://a.example", mei, CancellationToken.None);
        Assert.Equal(["webhook_url", "webhook_secret", "webhook_language", "webhook_events"], refused.Select(reason => reason.Code));
        for (var i = 0; i < WebhookService.Most; i++)
            await AddAsync(backend, mei, chat);
        Assert.Equal("too_many_webhooks", Assert.Single(await service.AddAsync(false, new(WebhookKind.Discord, chat.Url, "", "en", ["talk"]), "https://a.example", mei, CancellationToken.None)).Code);
        chat.Answer(404, "Unknown\nWebhook");
        var id = (await service.ListAsync(false, mei, CancellationToken.None))[0].Id;
        Assert.Equal(new(false, "404 Unknown Webhook", null), await service.TestAsync(false, id, mei, CancellationToken.None));
        chat.Answer(204);
        Assert.Equal(new(true, "204", null), await service.TestAsync(false, id, mei, CancellationToken.None));
        Assert.Equal("A test from MiniSora: messages arrive here.", Said(chat)[^1].Text);
    }

    [Fact]
    public async Task Webhooks_are_part_of_a_members_data_and_go_with_the_account()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await LocalAsync();
        var mei = await backend.MemberAsync("mei");
        await AddAsync(backend, mei, chat);
        await TellAsync(backend, mei, "first");
        using (var archive = new System.IO.Compression.ZipArchive(new MemoryStream(await backend.Get<MemberData>().ExportAsync(mei.MemberId!.Value, CancellationToken.None))))
        {
            using var reader = new StreamReader(await archive.GetEntry("webhooks.json")!.OpenAsync());
            var text = await reader.ReadToEndAsync();
            Assert.Contains("…1234", text, StringComparison.Ordinal);
            Assert.Contains("first", text, StringComparison.Ordinal);
            Assert.DoesNotContain("abcd", text, StringComparison.Ordinal);
        }

        Assert.Empty(await backend.Get<MemberData>().DeleteAsync(mei.MemberId!.Value, "mei", true, CancellationToken.None));
        await using var context = await backend.DbAsync();
        Assert.False(await context.Set<Webhook>().AnyAsync());
        Assert.False(await context.Set<WebhookDelivery>().AnyAsync());
    }

    [Theory]
    [InlineData(PortalRole.Lead, true)]
    [InlineData(PortalRole.Front, false)]
    public void Only_the_lead_sends(PortalRole role, bool sends)
    {
        var services = new ServiceCollection();
        services.AddWebhooks(role);
        Assert.Equal(sends, services.Any(service => service.ServiceType == typeof(IHostedService)));
    }

    private static Task<Backend> LocalAsync() => Backend.StartAsync(settings: ("environment", "Local"));

    private static Task<int> DeliverAsync(Backend backend) => backend.Get<WebhookCourier>().DeliverAsync(CancellationToken.None);

    private static async Task AddAsync(Backend backend, Viewer viewer, Chat chat, bool community = false, string language = "en", IReadOnlyList<string>? events = null) =>
        Assert.Empty(await backend.Get<WebhookService>().AddAsync(
            community, new(WebhookKind.Discord, chat.Url, "", language, events ?? (community ? WebhookEvents.OfCommunity : WebhookEvents.OfMember)), "https://a.example/", viewer, CancellationToken.None));

    private static Task AnnounceAsync(Backend backend, params string[] slugs) => backend.Get<RunWriting>().DoAsync(
        write =>
        {
            foreach (var slug in slugs)
                write.Announce(new(null, WebhookEvents.Post, "post " + slug, "mei", slug, "", "/" + slug));
            return Task.CompletedTask;
        },
        CancellationToken.None);

    private static Task TellAsync(Backend backend, Viewer member, string what) => backend.Get<RunWriting>().DoAsync(
        write =>
        {
            NoticeBoard.Tell(write, member.MemberId!.Value, null, "like", "tom", what, "/gallery/x");
            return Task.CompletedTask;
        },
        CancellationToken.None);

    private static List<(string Text, string Path)> Said(Chat chat) =>
        [.. chat.Heard.Select(body => body["embeds"]![0]!).Select(embed => ((string)embed["title"]!, ((string)embed["url"]!)["https://a.example".Length..]))];
}

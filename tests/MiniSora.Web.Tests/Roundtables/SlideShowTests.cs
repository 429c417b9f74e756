using System.Text;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using SkiaSharp;

namespace MiniSora.Web.Tests.Roundtables;

public sealed class SlideShowTests
{
    [Fact]
    public async Task Pages_of_a_pdf_become_slides_in_order_and_the_replay_turns_them()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, slug) = await RoomAsync(backend);
        var rooms = backend.Get<LiveRooms>();
        Assert.Empty(await rooms.ActAsync(slug, "began", [], mei, CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromSeconds(10));
        // Eleven: the tenth page must not come after the first.
        Assert.Empty(await SendAsync(backend, slug, Pdf(11), mei));
        backend.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(await rooms.ActAsync(slug, "slide", new() { ["at"] = 10 }, mei, CancellationToken.None));

        var scene = (await rooms.NowAsync(slug, CancellationToken.None))!.Scene;
        Assert.Equal(("slide", 11, 10), (scene.Kind, scene.Slides.Count, scene.Slide));
        Assert.EndsWith($"/{slug}.pdf", scene.Pdf, StringComparison.Ordinal);
        Assert.Equal(Pdf(11), await FileAsync(backend, scene.Pdf!));
        Assert.Equal(Enumerable.Range(0, 11), await Task.WhenAll(scene.Slides.Select(async url => Near(await FileAsync(backend, url)))));
        Assert.Equal(0, (await rooms.AtAsync(slug, 15, CancellationToken.None))!.Scene.Slide);
        Assert.Equal("blank", (await rooms.AtAsync(slug, 5, CancellationToken.None))!.Scene.Kind);
        Assert.Empty(Directory.GetDirectories(backend.Get<DataFolder>().Artifacts, ".*"));
    }

    [Fact]
    public async Task The_same_pdf_again_has_no_second_rows()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, slug) = await RoomAsync(backend);
        for (var time = 0; time < 2; time++)
            Assert.Empty(await SendAsync(backend, slug, Pdf(2), mei));
        await using var db = await backend.DbAsync();
        Assert.Equal(["image", "image", "pdf"], db.Artifacts.Where(a => a.OwnerId == mei.MemberId).Select(a => a.Kind).OrderBy(kind => kind));
    }

    [Theory]
    [InlineData("words", "pdf_not_a_pdf")]
    [InlineData("nothing", "upload_empty")]
    [InlineData("too large", "upload_too_large")]
    [InlineData("locked", "pdf_encrypted")]
    [InlineData("cut", "pdf_damaged")]
    [InlineData("too many pages", "pdf_pages")]
    public async Task What_is_wrong_with_a_file_is_said_in_both_languages(string what, string code)
    {
        await using var backend = await Backend.StartAsync();
        var (mei, slug) = await RoomAsync(backend);
        var refusal = Assert.Single(await SendAsync(backend, slug, Made(what), mei));
        Assert.Equal(code, refusal.Code);
        Assert.DoesNotContain('{', RefusalTexts.Of(refusal, new("en")));
        Assert.Matches("[\u4e00-\u9fff]", RefusalTexts.Of(refusal, new("zh-CN")));
        Assert.Empty((await backend.Get<LiveRooms>().NowAsync(slug, CancellationToken.None))!.Scene.Slides);
    }

    [Fact]
    public async Task Only_who_presents_or_moderates_sends_slides_and_only_until_the_end()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, slug) = await RoomAsync(backend);
        var ada = await backend.MemberAsync("ada", administrator: true);
        var none = new MemoryStream();
        Assert.Equal("stage_presenter", Assert.Single(await backend.Get<SlideShow>().ShowAsync(slug, none, await backend.MemberAsync("tom"), CancellationToken.None)).Code);
        Assert.Equal("not_signed_in", Assert.Single(await backend.Get<SlideShow>().ShowAsync(slug, none, Viewer.Visitor, CancellationToken.None)).Code);
        Assert.Equal("not_found", Assert.Single(await backend.Get<SlideShow>().ShowAsync("nowhere", none, mei, CancellationToken.None)).Code);
        Assert.Empty(await SendAsync(backend, slug, Pdf(1), ada));
        foreach (var type in new[] { "began", "ended" })
            Assert.Empty(await backend.Get<LiveRooms>().ActAsync(slug, type, [], mei, CancellationToken.None));
        Assert.Equal("stage_over", Assert.Single(await SendAsync(backend, slug, Pdf(1), mei)).Code);
    }

    [Fact]
    public async Task Without_poppler_the_sentence_says_what_to_install()
    {
        await using var backend = await Backend.StartAsync(null, ("Slides:Poppler", "/nowhere"));
        var (mei, slug) = await RoomAsync(backend);
        var refusal = Assert.Single(await SendAsync(backend, slug, Pdf(1), mei));
        Assert.Equal("pdf_poppler_missing", refusal.Code);
        Assert.All(new[] { "en", "zh-CN" }, culture => Assert.Contains("apt-get install poppler-utils", RefusalTexts.Of(refusal, new(culture)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_of_any_size_is_drawn_at_the_size_of_a_screen()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, slug) = await RoomAsync(backend);
        Assert.Empty(await SendAsync(backend, slug, Pdf(1, 14_400, 7_200), mei));
        using var page = SKBitmap.Decode(await FileAsync(backend, (await backend.Get<LiveRooms>().NowAsync(slug, CancellationToken.None))!.Scene.Slides[0]));
        Assert.Equal((1920, 960), (page.Width, page.Height));
    }

    /// <summary>Pages of one grey each, darker from page to page.</summary>
    private static byte[] Pdf(int pages, float width = 160, float height = 90)
    {
        using var memory = new MemoryStream();
        using (var document = SKDocument.CreatePdf(memory))
        {
            for (var page = 0; page < pages; page++)
            {
                document.BeginPage(width, height).Clear(new((byte)(255 - (20 * page)), (byte)(255 - (20 * page)), (byte)(255 - (20 * page))));
                document.EndPage();
            }

            document.Close();
        }

        return memory.ToArray();
    }

    private static int Near(byte[] picture)
    {
        using var page = SKBitmap.Decode(picture);
        return (int)Math.Round((255 - page.GetPixel(page.Width / 2, page.Height / 2).Red) / 20.0);
    }

    private static byte[] Made(string what) => what switch
    {
        "words" => Encoding.UTF8.GetBytes("These are no slides."),
        "nothing" => [],
        "too large" => new byte[SlideShow.MaxBytes + 1],
        "cut" => Pdf(3)[..200],
        "too many pages" => Pdf(StageRules.MaxSlides + 1),
        _ => Locked(),
    };

    // A password that nobody knows: what stands for it fits none.
    private static byte[] Locked()
    {
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 160 90] >>",
            $"<< /Filter /Standard /V 1 /R 2 /O <{new string('1', 64)}> /U <{new string('2', 64)}> /P -4 >>",
        ];
        var (text, places) = ("%PDF-1.4\n", new List<int>());
        foreach (var (at, body) in objects.Index())
        {
            places.Add(text.Length);
            text += $"{at + 1} 0 obj\n{body}\nendobj\n";
        }

        var table = string.Concat(places.Select(place => $"{place:D10} 00000 n \n"));
        return Encoding.ASCII.GetBytes($"{text}xref\n0 5\n0000000000 65535 f \n{table}trailer << /Size 5 /Root 1 0 R /ID [<00> <00>] /Encrypt 4 0 R >>\nstartxref\n{text.Length}\n%%EOF\n");
    }

    private static async Task<(Viewer Mei, string Slug)> RoomAsync(Backend backend)
    {
        var mei = await backend.MemberAsync("mei");
        return (mei, (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "", present: true, mei, CancellationToken.None)).Slug!);
    }

    private static async Task<IReadOnlyList<Refusal>> SendAsync(Backend backend, string slug, byte[] pdf, Viewer viewer)
    {
        using var content = new MemoryStream(pdf);
        return await backend.Get<SlideShow>().ShowAsync(slug, content, viewer, CancellationToken.None);
    }

    private static async Task<byte[]> FileAsync(Backend backend, string url)
    {
        using var held = await backend.Get<ArtifactStore>().HoldAsync(url.Split('/')[2], CancellationToken.None);
        return await File.ReadAllBytesAsync(held!.Path);
    }
}

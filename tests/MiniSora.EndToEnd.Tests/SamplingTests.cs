using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>The sampling form and what can go wrong with it, seen by a member who reads Chinese.</summary>
public sealed class SamplingTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task A_member_animates_a_picture_and_every_mistake_on_the_way_is_said_in_Chinese()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal, "zh-CN");
        await Journeys.SignInAsDemoAsync(page);
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("小模型", 40));
        await Journeys.StateAsync(page, "Succeeded");
        await Assertions.Expect(page.Locator("[data-log]")).ToContainTextAsync("个参数；数据集 shapes");
        await page.GetByRole(AriaRole.Link, new() { Name = "从此检查点采样" }).First.ClickAsync();
        await page.WaitForURLAsync("**/runs/new?from=checkpoint:*");
        await Journeys.InteractiveAsync(page);
        var form = page.Url;

        // The example prompts are captions of what the checkpoint was trained on.
        var example = page.Locator(".examples .chip").First;
        Assert.Matches("^一个.*(圆形|正方形|三角形|菱形|十字形|圆环)", await example.InnerTextAsync());
        await example.ClickAsync();
        await Assertions.Expect(page.Locator("[data-path=prompt]")).ToHaveValueAsync(await example.InnerTextAsync());

        // A prompt of 10,000 characters is refused where it stands, and stays.
        var prompt = page.Locator("[data-path=prompt]");
        await prompt.FillAsync(new string('红', 10_000));
        await page.Locator("button.submit").ClickAsync();
        await Assertions.Expect(prompt).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(page.Locator(".field-problem").First).ToContainTextAsync(new Regex("10,?000"));
        Assert.Equal(10_000, (await prompt.InputValueAsync()).Length);

        // A picture that is none.
        await prompt.FillAsync("一个红色圆形向左移动");
        await page.Locator("[data-path=task]").SelectOptionAsync("image_to_video");
        var upload = page.Locator("[data-image-upload]");
        await upload.SetInputFilesAsync(new FilePayload { Name = "picture.png", MimeType = "image/png", Buffer = Encoding.UTF8.GetBytes("no picture at all") });
        // Said beside the field; and so is a file that the browser itself knows to be none.
        var refusal = page.Locator(".field:has([data-image-upload]) .field-problem");
        await Assertions.Expect(refusal).ToContainTextAsync("无法读取该图片文件");
        await page.Locator("[data-path=task]").SelectOptionAsync("text_to_video");
        await page.Locator("[data-path=task]").SelectOptionAsync("image_to_video");
        await Assertions.Expect(page.Locator(".new-run")).Not.ToContainTextAsync("无法读取该图片文件");
        await upload.SetInputFilesAsync(new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes("no picture at all") });
        await Assertions.Expect(refusal).ToContainTextAsync("无法读取该图片文件");
        await upload.SetInputFilesAsync(new FilePayload { Name = "large.png", MimeType = "image/png", Buffer = new byte[(10 << 20) + 1] });
        await Assertions.Expect(refusal).ToContainTextAsync("10 MiB");

        // A real one becomes the first frame.
        var picture = Path.Combine(portal.DataFolder, "red.png");
        Assert.Equal(0, (await Journeys.RunAsync("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=0xE61919:s=64x64:d=1", "-frames:v", "1", picture)).ExitCode);
        await upload.SetInputFilesAsync(picture);
        await Assertions.Expect(page.Locator(".image-preview img")).ToBeVisibleAsync();
        await page.Locator("[data-path=clips]").FillAsync("1");
        await page.Locator("[data-path='sampler.steps']").FillAsync("2");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        var source = await page.Locator(".videos video").First.EvaluateAsync<string>("v => v.currentSrc || v.src");
        var video = Path.Combine(portal.DataFolder, "made.mp4");
        await File.WriteAllBytesAsync(video, await portal.Http.GetByteArrayAsync(new Uri(new Uri(portal.Address), source)));
        var pixel = Path.Combine(portal.DataFolder, "pixel.rgb");
        Assert.Equal(0, (await Journeys.RunAsync("ffmpeg", "-v", "error", "-i", video, "-frames:v", "1", "-vf", "scale=1:1:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", pixel)).ExitCode);
        var mean = await File.ReadAllBytesAsync(pixel);
        Assert.True(mean[0] > 150 && mean[1] < 90 && mean[2] < 90, $"the first frame is {string.Join(", ", mean)}, the picture was 230, 25, 25");

        // A checkpoint that was damaged on disk: the run says so, the portal stays.
        var checkpoints = Directory.EnumerateFiles(Path.Combine(portal.DataFolder, "artifacts"), "*", SearchOption.AllDirectories).Where(IsCheckpoint).ToList();
        Assert.NotEmpty(checkpoints);
        foreach (var path in checkpoints)
        {
            await using var file = File.OpenWrite(path);
            file.SetLength(file.Length / 2);
        }

        await page.GotoAsync(form);
        await Journeys.InteractiveAsync(page);
        await prompt.FillAsync("一个红色圆形向左移动");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Failed");
        await Assertions.Expect(page.Locator(".failure")).ToContainTextAsync("无法读取检查点");
        await page.GotoAsync("/gallery");
        await Assertions.Expect(page.Locator("main")).ToBeVisibleAsync();
    }

    /// <summary>A member who has trained a small network stands before the form that samples from it.</summary>
    private async Task<IPage> SampleFormAsync(Portal portal)
    {
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Small", 40));
        await Journeys.StateAsync(page, "Succeeded");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sample from this checkpoint" }).First.ClickAsync();
        await Journeys.InteractiveAsync(page);
        return page;
    }

    [Fact]
    public async Task A_member_edits_a_gallery_video_and_extends_and_connects_clips_of_their_own()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await SampleFormAsync(portal);
        var form = page.Url;
        await page.Locator("[data-path=prompt]").FillAsync("a red circle moves left");
        await page.Locator("[data-path=clips]").FillAsync("1");
        await page.Locator("[data-path='sampler.steps']").FillAsync("2");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).First.ClickAsync();
        await page.Locator("#publish-title").FillAsync("Red circle");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        // The page goes on to the item.
        await page.WaitForURLAsync("**/gallery/*");

        // From the gallery to a form that changes this very video.
        await page.GotoAsync("/gallery");
        await page.GetByRole(AriaRole.Link, new() { Name = "Red circle" }).First.ClickAsync();
        var published = await page.Locator("main video").GetAttributeAsync("src");
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit this video" }).ClickAsync();
        await Journeys.InteractiveAsync(page);
        await Assertions.Expect(page.Locator("[data-path=task]")).ToHaveValueAsync("edit");
        var video = page.Locator("[data-path='input.video']");
        Assert.Equal(published!.Split('/')[2], await video.InputValueAsync());
        Assert.Equal("Red circle", await video.Locator("option:checked").InnerTextAsync());
        await Assertions.Expect(page.Locator("[data-path=prompt]")).ToHaveValueAsync("a red circle moves left");
        await page.Locator("[data-path=prompt]").FillAsync("a blue square moves left");
        await page.Locator("[data-path='input.strength']").FillAsync("0.5");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        Assert.Equal(8, await FramesAsync(portal, page, "edited"));

        // Extends a file of one's own; what is no video is refused beside the field, and the same field then takes one.
        await page.GotoAsync(form);
        await Journeys.InteractiveAsync(page);
        await page.Locator("[data-path=task]").SelectOptionAsync("extend_forward");
        var upload = page.Locator("[data-video-upload='input.video']");
        await upload.SetInputFilesAsync(new FilePayload { Name = "clip.txt", MimeType = "text/plain", Buffer = "no video at all"u8.ToArray() });
        await Assertions.Expect(page.Locator(".field:has([data-video-upload]) .field-problem")).ToContainTextAsync("not a video");
        var own = Path.Combine(portal.DataFolder, "own.mp4");
        Assert.Equal(0, (await Journeys.RunAsync("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=8:duration=1", "-pix_fmt", "yuv420p", own)).ExitCode);
        await upload.SetInputFilesAsync(own);
        await Assertions.Expect(page.Locator(".image-preview video")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".field:has([data-video-upload]) .field-problem")).ToHaveCountAsync(0);
        var uploaded = await video.InputValueAsync();
        await page.Locator("[data-path=prompt]").FillAsync("a red circle moves left");
        await page.Locator("[data-path=clips]").FillAsync("1");
        await page.Locator("[data-path='sampler.steps']").FillAsync("2");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        // Eight frames that were there, four of them shown to the model, and the four that it made.
        Assert.Equal(12, await FramesAsync(portal, page, "extended"));

        // Connects the two: every input of the task is on the form, and the form asks for what is missing.
        await page.GotoAsync(form);
        await Journeys.InteractiveAsync(page);
        await page.Locator("[data-path=task]").SelectOptionAsync("connect");
        await page.Locator("[data-path=prompt]").FillAsync("a red circle moves left");
        await page.Locator("button.submit").ClickAsync();
        await Assertions.Expect(page.Locator("[data-path='input.video'][aria-invalid=true], [data-path='input.second_video'][aria-invalid=true]")).ToHaveCountAsync(2);
        await video.SelectOptionAsync(published!.Split('/')[2]);
        await page.Locator("[data-video-upload='input.second_video']").SetInputFilesAsync(own);
        await Assertions.Expect(page.Locator("[data-path='input.second_video']")).ToHaveValueAsync(uploaded);
        // Four frames of either end would leave nothing of eight to make.
        await page.Locator("[data-path='input.given_frames']").FillAsync("2");
        await page.Locator("[data-path=clips]").FillAsync("1");
        await page.Locator("[data-path='sampler.steps']").FillAsync("2");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        Assert.True(await FramesAsync(portal, page, "connected") > 16);
    }

    [Fact]
    public async Task A_clip_sharpens_step_by_step_on_its_page_and_on_the_stage_of_a_room()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await SampleFormAsync(portal);
        await page.Locator("[data-path=prompt]").FillAsync("a red circle moves left");
        await page.Locator("[data-path=clips]").FillAsync("2");
        await page.Locator("[data-path='sampler.steps']").FillAsync("1000");
        var run = await Journeys.SubmitAsync(page);
        await WatchAsync(page, ".video-empty");
        var room = await RoomAsync(browsing, portal, run);
        var audience = await browsing.OpenAsync(portal, "zh-CN", dark: false, width: 390);
        await audience.GotoAsync(room + "/live");
        await WatchAsync(audience, ".stage-clips figure");

        await Assertions.Expect(page.Locator(".videos video")).ToHaveCountAsync(2, new() { Timeout = 60_000 });
        await Assertions.Expect(page.Locator(".video-empty")).ToHaveCountAsync(0);
        await Assertions.Expect(audience.Locator(".stage-clips video")).ToHaveCountAsync(2);
        await Journeys.StateAsync(page, "Succeeded");
        Rising(await SeenAsync(page), @"Step (\d+) of 1,000", "On its way: a red circle moves left");
        Rising(await SeenAsync(audience), @"第 (\d+) 步，共 1000 步", "生成中：a red circle moves left");

        // Nothing of it is left when the clips are there.
        await page.GetByRole(AriaRole.Button, new() { Name = "Files" }).ClickAsync();
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(portal.DataFolder, "runs", run.ToString("N")), "*-step-*", SearchOption.AllDirectories));
        Assert.DoesNotContain("-step-", await portal.Http.GetStringAsync(new Uri($"/api/runs/{run}/clips", UriKind.Relative)), StringComparison.Ordinal);
    }

    /// <summary>Notes every picture on its way that these tiles come to show, with its words.</summary>
    private static Task WatchAsync(IPage page, string tiles) => page.EvaluateAsync(
        """
        tiles => {
          window.seen = [];
          const look = () => {
            for (const tile of document.querySelectorAll(tiles)) {
              const picture = tile.querySelector("img");
              const said = tile.dataset.estimate ?? tile.dataset.clip;
              const words = [said, picture?.alt, tile.querySelector("figcaption")?.textContent, picture?.complete && picture.naturalWidth > 0].join("|");
              if (picture && !window.seen.includes(words)) window.seen.push(words);
            }
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
          look();
        }
        """, tiles);

    private static async Task<IReadOnlyList<string>> SeenAsync(IPage page) => await page.EvaluateAsync<string[]>("() => window.seen");

    /// <summary>At least two pictures were seen, loaded and named, and the step rose from each to the next of the same clip.</summary>
    private static void Rising(IReadOnlyList<string> seen, string words, string name)
    {
        var told = seen.Select(one => (Clip: one.Split('|')[0], Alt: one.Split('|')[1], Match: Regex.Match(one, words), Loaded: one.EndsWith("|true", StringComparison.Ordinal))).ToList();
        Assert.True(told.Count >= 2, $"only {told.Count} pictures were seen");
        Assert.All(told, one => Assert.True(one.Match.Success && one.Loaded && one.Alt == name, string.Join("; ", seen)));
        foreach (var clip in told.GroupBy(one => one.Clip))
        {
            var steps = clip.Select(one => int.Parse(one.Match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(steps.Order().Distinct(), steps);
        }
    }

    /// <summary>A room whose presenter shows the clips of a run; its address.</summary>
    private static async Task<string> RoomAsync(Browsing browsing, Portal portal, Guid run)
    {
        var presenter = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(presenter);
        await presenter.GotoAsync("/roundtables/propose");
        await presenter.GetByLabel("Title").FillAsync("Clips on their way");
        await presenter.GetByLabel("What will be shown and discussed?").FillAsync("From noise to a clip.");
        await presenter.GetByLabel("I will present it myself").CheckAsync();
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
        await presenter.WaitForURLAsync("**/roundtables/clips-on*");
        var room = new Uri(presenter.Url).AbsolutePath;
        await presenter.GotoAsync(room + "/live");
        await presenter.Locator(".room[data-seq]").WaitForAsync();
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await presenter.Locator("#scene-run").FillAsync(run.ToString());
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Show its clips" }).ClickAsync();
        return room;
    }

    /// <summary>Frames of the first clip of the run that is open.</summary>
    private static async Task<int> FramesAsync(Portal portal, IPage page, string name)
    {
        var source = await page.Locator(".videos video").First.EvaluateAsync<string>("v => v.currentSrc || v.src");
        var file = Path.Combine(portal.DataFolder, name + ".mp4");
        await File.WriteAllBytesAsync(file, await portal.Http.GetByteArrayAsync(new Uri(new Uri(portal.Address), source)));
        var (exitCode, text) = await Journeys.RunAsync("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file);
        Assert.Equal(0, exitCode);
        return int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool IsCheckpoint(string path)
    {
        using var file = File.OpenRead(path);
        var start = new byte[4096];
        var read = file.Read(start);
        return Encoding.UTF8.GetString(start, 0, read).Contains("minisora.format", StringComparison.Ordinal);
    }
}

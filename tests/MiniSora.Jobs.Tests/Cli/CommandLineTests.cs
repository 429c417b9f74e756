using System.Diagnostics;
using System.Text;
using MiniSora.Model.Media;

namespace MiniSora.Jobs.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("no recipe of that name", "train", "nowhere.yaml", "--out", "x")]
    [InlineData("training.steps: 0 is outside", "train", "smoke", "--out", "x", "--set", "training.steps=0")]
    [InlineData("There is no dataset \"nix\"", "train", "smoke", "--out", "x", "--set", "data.dataset=nix")]
    [InlineData("找不到检查点", "sample", "--checkpoint", "gone", "--prompt", "x", "--out", "x.mp4", "--lang", "zh-CN")]
    [InlineData("The prompt is empty", "sample", "--checkpoint", "gone", "--prompt", "", "--out", "x.mp4")]
    [InlineData("at most 500", "sample", "--checkpoint", "gone", "--prompt", "@long", "--out", "x.mp4")]
    [InlineData("--out", "sample", "--checkpoint", "gone", "--prompt", "x")]
    [InlineData("找不到视频", "reproduce", "gone.mp4", "--checkpoint", "gone", "--lang", "zh-CN")]
    [InlineData("--help", "bake")]
    [InlineData("There is no file \"gone.pt\"", "import", "gone.pt", "--as", "dit-xl-2", "--out", "x", "--codec", "nowhere")]
    [InlineData("needs its codec", "import", "gone.pt", "--as", "latte", "--out", "x")]
    [InlineData("Say where to write", "import", "gone.pt", "--as", "kl")]
    [InlineData("is no kind of weights", "import", "gone.pt", "--as", "gan", "--out", "x")]
    [InlineData("There are no imported weights", "train", "latte-shapes", "--out", "x", "--set", "codec.kind=kl", "--set", "codec.weights=nowhere")]
    public async Task Bad_input_is_answered_with_code_2_and_its_reasons(string expected, params string[] arguments)
    {
        var (code, _, errors) = await MinisoraAsync([.. arguments.Select(argument => argument == "@long" ? new string('x', 10_000) : argument), .. arguments.Contains("--lang") ? (string[])[] : ["--lang", "en"]]);

        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_then_sampling_gives_the_same_frames_by_prompt_and_by_prompt_file()
    {
        using var folder = new TemporaryFolder();
        var run = folder.Combine("run");
        var trained = await MinisoraAsync("train", "smoke", "--out", run, "--data", folder.Path, "--set", "training.steps=3", "--set", "preview.prompts=[]", "--lang", "en");
        Assert.True(trained.Code == 0, trained.Errors);

        var prompts = folder.Combine("prompts.jsonl");
        await File.WriteAllTextAsync(prompts, "{\"prompt\":\"a red circle\",\"seed\":7}\n\n{\"prompt\":\"一个圆形\",\"seed\":8}\n");
        var one = await MinisoraAsync("sample", "--checkpoint", run, "--prompt", "a red circle", "--seed", "7", "--steps", "2", "--raw", folder.Combine("one.npy"), "--out", folder.Combine("one.mp4"), "--sheet", folder.Combine("one.png"));
        var many = await MinisoraAsync("sample", "--checkpoint", run, "--prompts", prompts, "--steps", "2", "--raw", folder.Combine("many.npy"));

        Assert.True(one.Code == 0 && many.Code == 0, one.Errors + many.Errors);
        var (first, both) = (Array(folder.Combine("one.npy")), Array(folder.Combine("many.npy")));
        Assert.Equal(8 * 16 * 16 * 3, first.Length);
        Assert.Equal(2 * first.Length, both.Length);
        Assert.Equal(first, both[..first.Length]);
        Assert.True(File.Exists(folder.Combine("one.mp4")) && File.Exists(folder.Combine("one.png")));

        // What the file says of itself makes it again; another checkpoint or a file that was coded again is refused before anything is loaded.
        var again = await MinisoraAsync("reproduce", folder.Combine("one.mp4"), "--checkpoint", run, "--out", folder.Combine("again.mp4"), "--json");
        Assert.Equal((0, """{"reproduced":true,"exact":true,"psnr":100,"ssim":1}"""), (again.Code, again.Output.Trim()));
        Assert.True(File.Exists(folder.Combine("again.mp4")));
        var other = await MinisoraAsync("reproduce", folder.Combine("one.mp4"), "--checkpoint", run, "--set", "size.frames=4", "--lang", "en");
        Assert.True(other.Code == 1 && other.Output.StartsWith("Not reproduced: PSNR 0.0 dB", StringComparison.Ordinal), other.Output + other.Errors);
        var starter = await MinisoraAsync("reproduce", folder.Combine("one.mp4"), "--checkpoint", Repository.File("recipes/starter.safetensors"), "--lang", "en");
        Assert.True(starter.Code == 2 && starter.Errors.Contains("is not the checkpoint", StringComparison.Ordinal) && !starter.Errors.Contains("Loading", StringComparison.Ordinal), starter.Errors);
        await VideoFile.WriteAsync(folder.Combine("mute.mp4"), new byte[4 * 16 * 16 * 3], 4, 16, 16, 8, new Dictionary<string, string>(), default);
        var mute = await MinisoraAsync("reproduce", folder.Combine("mute.mp4"), "--checkpoint", run, "--lang", "en");
        Assert.True(mute.Code == 2 && mute.Errors.Contains("does not say how it was made", StringComparison.Ordinal), mute.Errors);

        // Without ffmpeg nothing is sampled for nothing, and nothing half-made is left.
        var nowhere = new Dictionary<string, string> { ["MINISORA_FFMPEG"] = folder.Combine("nowhere") };
        var without = await MinisoraAsync(nowhere, "sample", "--checkpoint", run, "--prompt", "a red circle", "--out", folder.Combine("none.mp4"), "--lang", "en");
        Assert.Equal(1, without.Code);
        Assert.Contains("ffmpeg was not found", without.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Sampling", without.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Combine("none.mp4")));
        // Frames as an array need none.
        var array = await MinisoraAsync(nowhere, "sample", "--checkpoint", run, "--prompt", "a red circle", "--seed", "7", "--steps", "2", "--raw", folder.Combine("raw.npy"));
        Assert.True(array.Code == 0, array.Errors);
        Assert.Equal(first, Array(folder.Combine("raw.npy")));

        // A checkpoint that is cut off, and one that is something else.
        var checkpoint = Directory.GetFiles(folder.Path, "*.safetensors", SearchOption.AllDirectories).Max()!;
        await File.WriteAllBytesAsync(folder.Combine("cut.safetensors"), (await File.ReadAllBytesAsync(checkpoint))[..^1000]);
        await File.WriteAllTextAsync(folder.Combine("text.safetensors"), "no checkpoint");
        foreach (var broken in new[] { "cut.safetensors", "text.safetensors" })
        {
            var refused = await MinisoraAsync("sample", "--checkpoint", folder.Combine(broken), "--prompt", "a red circle", "--out", folder.Combine("none.mp4"), "--lang", "zh-CN");
            Assert.Equal(1, refused.Code);
            Assert.Contains("无法读取检查点", refused.Errors, StringComparison.Ordinal);
        }

        // A picture that is none.
        var picture = await MinisoraAsync("sample", "--checkpoint", run, "--image", prompts, "--out", folder.Combine("none.mp4"), "--lang", "zh-CN");
        Assert.Equal(1, picture.Code);
        Assert.Contains("首帧不是可读取的图像", picture.Errors, StringComparison.Ordinal);

        // The folder belongs to this spec: another one is refused before anything is overwritten.
        Assert.Equal(2, (await MinisoraAsync("train", "smoke", "--out", run, "--data", folder.Path, "--set", "seed=2")).Code);
    }

    [Fact]
    public async Task An_imported_codec_trains_and_samples_by_its_name()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.Combine("stage_a.safetensors"), TinyStageA.File());
        string[] data = ["--data", folder.Path, "--lang", "en"];
        var imported = await MinisoraAsync(["import", folder.Combine("stage_a.safetensors"), "--as", "stage-a", "--name", "tiny", "--list", .. data]);
        Assert.True(imported.Code == 0, imported.Errors);
        Assert.Contains("vquantizer.codebook.weight", imported.Errors, StringComparison.Ordinal);
        Assert.Contains("is not empty", (await MinisoraAsync(["import", folder.Combine("stage_a.safetensors"), "--as", "stage-a", "--name", "tiny", .. data])).Errors, StringComparison.Ordinal);
        var wrong = await MinisoraAsync(["import", folder.Combine("stage_a.safetensors"), "--as", "kl", "--name", "other", .. data]);
        Assert.Equal(1, wrong.Code);
        Assert.Contains("The file is no KL autoencoder", wrong.Errors, StringComparison.Ordinal);

        string[] small = ["codec.kind=stage_a", "codec.weights=tiny", "data.size=16", "data.frames=4", "model.width=32", "model.depth=2", "model.heads=2", "training.batch=2", "training.steps=2", "preview.prompts=[]"];
        var trained = await MinisoraAsync(["train", "latte-shapes", "--out", folder.Combine("run"), .. small.SelectMany(set => new[] { "--set", set }), .. data]);
        Assert.True(trained.Code == 0, trained.Errors);
        var sampled = await MinisoraAsync(["sample", "--checkpoint", folder.Combine("run"), "--prompt", "red circle", "--steps", "2", "--raw", folder.Combine("clip.npy"), .. data]);
        Assert.True(sampled.Code == 0, sampled.Errors);
        Assert.Equal(4 * 16 * 16 * 3, Array(folder.Combine("clip.npy")).Length);
    }

    [Fact]
    public async Task The_reference_clips_are_written_as_the_specification_says()
    {
        using var folder = new TemporaryFolder();
        var (code, output, errors) = await MinisoraAsync("data", "render", "shapes", "--split", "0", "--size", "32", "--out", folder.Combine("a.npy"));

        Assert.True(code == 0, errors);
        Assert.Equal(1440 * 16 * 32 * 32 * 3, Array(folder.Combine("a.npy")).Length);
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Array(folder.Combine("a.npy")))), output, StringComparison.Ordinal);
    }

    private static byte[] Array(string path)
    {
        var file = File.ReadAllBytes(path);
        return file[(10 + BitConverter.ToUInt16(file, 8))..];
    }

    private static Task<(int Code, string Output, string Errors)> MinisoraAsync(params string[] arguments) => MinisoraAsync([], arguments);

    private static async Task<(int Code, string Output, string Errors)> MinisoraAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "minisora"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(4));
        return (process.ExitCode, await output, await errors);
    }
}

using System.Text.Json;
using MiniSora.Model.Native;
using MiniSora.Model.Verification;

namespace MiniSora.Model.Tests.Verification;

/// <summary>Processes, flows and training runs recorded from the original implementations, recomputed.</summary>
public sealed class ProcessFixturesTests : TorchTests
{
    public static TheoryData<string, string> Files
    {
        get
        {
            var files = new TheoryData<string, string>();
            foreach (var family in new[] { "diffusion", "flow", "optim" })
                foreach (var entry in FixtureManifest.Load(Folder(family)).Entries)
                    files.Add(family, entry.File);
            return files;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_recorded_output_is_reproduced(string family, string file)
    {
        var result = Run(FixtureManifest.Load(Folder(family)), file);
        Assert.True(result.Passed, string.Join("\n", result.Failures));
    }

    [Theory]
    [InlineData("diffusion", "diffusion_steps_cosine.safetensors", "out.p_sample.clip.plain.sample")]
    [InlineData("diffusion", "diffusion_losses_linear.safetensors", "in.noise")]
    [InlineData("diffusion", "diffusion_traj_ddim_reverse10.safetensors", "x_embedder.proj.weight")]
    [InlineData("flow", "flow_sde.safetensors", "rec.3.w")]
    [InlineData("flow", "flow_likelihood.safetensors", "rec.probe")]
    [InlineData("flow", "flow_paths.safetensors", "out.VP.diffusion.sigma")]
    [InlineData("optim", "optim_adamw_vector_b.safetensors", "in.grads")]
    [InlineData("optim", "optim_dit_adamw20_wd_clip_warmup.safetensors", "ema.0.9.t_embedder.mlp.0.weight")]
    public void A_changed_number_fails(string family, string file, string tensor)
    {
        using var folder = new TemporaryFolder();
        var manifest = FixtureManifest.Load(Folder(family));
        var bytes = File.ReadAllBytes(Path.Combine(manifest.Folder, file));
        var header = (int)BitConverter.ToInt64(bytes, 0);
        using var names = JsonDocument.Parse(bytes.AsMemory(8, header));
        var start = 8 + header + names.RootElement.GetProperty(tensor).GetProperty("data_offsets")[0].GetInt32();
        BitConverter.GetBytes(BitConverter.ToSingle(bytes, start) + 1).CopyTo(bytes, start);
        File.WriteAllBytes(folder[file], bytes);
        Assert.False(Run(manifest with { Folder = folder.Path }, file).Passed);
    }

    private static FixtureResult Run(FixtureManifest manifest, string file) => Assert.Single(
        Verifier.Run(manifest with { Entries = [.. manifest.Entries.Where(entry => entry.File == file)] }, Placement.Cpu, CancellationToken.None));

    private static string Folder(string family) => Path.Combine(AppContext.BaseDirectory, "Fixtures", family);
}

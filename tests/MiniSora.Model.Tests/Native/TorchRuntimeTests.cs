using System.Diagnostics;
using MiniSora.Model.Native;
using TorchSharp;

namespace MiniSora.Model.Tests.Native;

public sealed class TorchRuntimeTests : IDisposable
{
    private readonly DirectoryInfo cache = Directory.CreateTempSubdirectory("minisora-test-");

    public void Dispose() => cache.Delete(recursive: true);

    private static string Wrapper => TorchRuntime.WrapperPath();

    [Fact]
    public void A_tensor_operation_works_after_loading()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();
        using var ones = torch.ones(3, 4);
        using var sum = ones.sum();
        Assert.Equal(12f, sum.item<float>());
    }

    [Fact]
    public void The_private_copy_differs_from_the_original_in_the_three_edits_alone()
    {
        var original = File.ReadAllBytes(Wrapper);
        var edited = WrapperPatch.Apply(original);

        Assert.Equal(original.Length, edited.Length);
        var places = Enumerable.Range(0, original.Length).Where(i => original[i] != edited[i]).ToArray();
        var runs = places.Where((place, i) => i == 0 || place > places[i - 1] + 32).ToArray();
        Assert.Equal(3, runs.Length);
        Assert.InRange(places.Length, 3, 32);
        Assert.DoesNotContain("_ZSt21ios_base_library_initv\0", DynamicPart(edited), StringComparison.Ordinal);
        Assert.Contains("_ZNSt8ios_base4InitC1Ev\0\0\0\0\0\0", DynamicPart(edited), StringComparison.Ordinal);
    }

    [Fact]
    public void The_original_is_left_as_it_was()
    {
        var before = File.ReadAllBytes(Wrapper);
        PrivateCopy.Ensure(Wrapper, cache.FullName);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(Wrapper)));
    }

    [Fact]
    public void An_edited_file_is_refused_by_a_second_edit()
    {
        var edited = WrapperPatch.Apply(File.ReadAllBytes(Wrapper));
        Assert.Throws<NativeLoadException>(() => WrapperPatch.Apply(edited));
    }

    [Fact]
    public void A_file_that_is_not_a_library_is_refused()
    {
        Assert.Throws<NativeLoadException>(() => WrapperPatch.Apply("not a library, whatever its name says, and long enough to be read as one"u8));
    }

    [Fact]
    public void A_damaged_copy_in_the_cache_is_written_again()
    {
        var path = PrivateCopy.Ensure(Wrapper, cache.FullName);
        var right = File.ReadAllBytes(path);
        File.WriteAllBytes(path, right[..1000]);
        Assert.Equal(path, PrivateCopy.Ensure(Wrapper, cache.FullName));
        Assert.True(right.AsSpan().SequenceEqual(File.ReadAllBytes(path)));
    }

    [Fact]
    public void A_copy_that_is_right_is_not_written_again()
    {
        var path = PrivateCopy.Ensure(Wrapper, cache.FullName);
        var long_ago = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, long_ago);
        PrivateCopy.Ensure(Wrapper, cache.FullName);
        Assert.Equal(long_ago, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void A_library_that_loads_as_it_is_needs_no_copy()
    {
        // Copies are loadable everywhere, so the second look at one takes the path of a system with a new libstdc++.
        TorchRuntime.EnsureLoaded();
        var loadable = PrivateCopy.Ensure(Wrapper, cache.FullName);
        var other = Directory.CreateDirectory(Path.Combine(cache.FullName, "other"));
        Assert.Equal(NativeLoadMode.AsShipped, TorchRuntime.LoadWrapper(loadable, other.FullName, out _));
        Assert.Empty(other.EnumerateFileSystemInfos());
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_no_obstacle()
    {
        TorchRuntime.EnsureLoaded();
        var file = Path.Combine(cache.FullName, "a file where a folder should be");
        File.WriteAllText(file, "");
        Assert.NotEqual(0, TorchRuntime.LoadCopy(Wrapper, file));
    }

    [Fact]
    public async Task Two_processes_may_make_the_copy_at_once_and_neither_prints_a_warning()
    {
        var results = await Task.WhenAll(Probe(), Probe());
        foreach (var (code, output, errors) in results)
        {
            Assert.Equal("", errors);
            Assert.Equal(0, code);
            Assert.EndsWith(" 12", output.Trim(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(Directory.EnumerateFiles(cache.FullName, "*", SearchOption.AllDirectories), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void The_recommended_environment_names_the_threads()
    {
        Assert.Equal("3", TorchRuntime.RecommendedEnvironment(3)["OMP_NUM_THREADS"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.RecommendedEnvironment(0));
    }

    private async Task<(int Code, string Output, string Errors)> Probe()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(NativeProbe).Assembly.Location);
        start.ArgumentList.Add("native-probe");
        start.Environment["XDG_CACHE_HOME"] = cache.FullName;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>What the loader reads; the debugger's own symbol table further back keeps its names.</summary>
    private static string DynamicPart(byte[] elf) => System.Text.Encoding.Latin1.GetString(elf, 0, 0x50000);
}

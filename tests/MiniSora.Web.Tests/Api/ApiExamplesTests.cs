using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using MiniSora.Web.Api;

namespace MiniSora.Web.Tests.Api;

/// <summary>The examples of <c>docs/api.md</c>, and the command line client, against a real portal on a real port.</summary>
public sealed partial class ApiExamplesTests
{
    [Fact]
    public async Task Every_example_of_the_page_works()
    {
        using var portal = new ApiHost(execute: true);
        var script = string.Join('\n', Blocks().Matches(await File.ReadAllTextAsync(Path.Combine(Repository(), "docs", "api.md"))).Select(block => block.Groups[1].Value));
        Assert.Contains("minisora download", script, StringComparison.Ordinal);

        var (code, output) = await BashAsync(portal, "set -eu\n" + script, await portal.TokenAsync("mei", [ApiScopes.Read, ApiScopes.Write]));

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task The_client_says_what_is_wrong_in_the_language_asked_for()
    {
        using var portal = new ApiHost(execute: true);
        var token = await portal.TokenAsync("mei", [ApiScopes.Read]);

        var (code, output) = await BashAsync(portal, """
            minisora submit smoke --lang zh-CN; echo "code $?"
            minisora status 99; echo "code $?"
            MINISORA_TOKEN=msr_wrong minisora status; echo "code $?"
            minisora status --portal http://127.0.0.1:1; echo "code $?"
            MINISORA_PORTAL= MINISORA_TOKEN= minisora status; echo "code $?"
            minisora status --portal ftp://x; echo "code $?"
            """, token);

        Assert.Equal(0, code);
        var said = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["code 2", "code 2", "code 2", "code 1", "code 2", "code 2"], said.Where(line => line.StartsWith("code ", StringComparison.Ordinal)));
        Assert.Contains(said, line => line.Contains("此令牌没有权限", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("is not here any more", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("token is unknown", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("cannot be reached", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("MINISORA_PORTAL", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("MINISORA_TOKEN", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> BashAsync(ApiHost portal, string script, string token)
    {
        portal.StartServer();
        var address = portal.Address;
        var folder = Directory.CreateTempSubdirectory("minisora-examples-");
        try
        {
            var start = new ProcessStartInfo("bash") { WorkingDirectory = folder.FullName, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8 };
            start.Environment["PATH"] = AppContext.BaseDirectory + ":" + Environment.GetEnvironmentVariable("PATH");
            start.Environment["LANG"] = "C.UTF-8";
            start.Environment.Remove("LC_ALL");
            (start.Environment["MINISORA_PORTAL"], start.Environment["MINISORA_TOKEN"]) = (address, token);
            using var bash = Process.Start(start)!;
            var said = Task.WhenAll(bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync());
            await bash.StandardInput.WriteAsync(script);
            bash.StandardInput.Close();
            await bash.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
            return (bash.ExitCode, string.Concat(await said));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MiniSora.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run the tests from inside the repository.");
        return folder;
    }

    [GeneratedRegex("^```bash\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MiniSora.EndToEnd.Tests;

/// <summary>start.sh as a newcomer meets it: its help, and each way it refuses.</summary>
public sealed class StartScriptTests
{
    [Theory]
    [InlineData("C.UTF-8", "--production")]
    [InlineData("zh_CN.UTF-8", "没有演示成员")]
    public async Task Help_exists_in_both_languages(string language, string expected)
    {
        var (exitCode, text) = await RunAsync(language, "--help");
        Assert.Equal(0, exitCode);
        foreach (var option in new[] { "--port", "--data", "--cuda", "--production", "--offline", "--emoji" })
        {
            Assert.Contains(option, text, StringComparison.Ordinal);
        }
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_option_is_named_with_the_usage()
    {
        var (exitCode, text) = await RunAsync("C.UTF-8", "--frobnicate");
        Assert.Equal(1, exitCode);
        Assert.Contains("unknown option: --frobnicate", text, StringComparison.Ordinal);
        Assert.Contains("Usage:", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("eighty")]
    public async Task A_port_that_is_none_is_refused(string port)
    {
        var (exitCode, text) = await RunAsync("C.UTF-8", "--port", port);
        Assert.Equal(1, exitCode);
        Assert.Contains("from 1 to 65535", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_said_before_anything_is_built()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (exitCode, text) = await RunAsync("C.UTF-8", "--port", $"{port}");
        Assert.Equal(1, exitCode);
        Assert.Contains($"port {port} is in use", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Text)> RunAsync(string language, params string[] options)
    {
        var output = new StringBuilder();
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("bash", ["start.sh", .. options])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.StartInfo.Environment.Remove("LC_ALL");
        process.StartInfo.Environment["LANG"] = language;
        process.Start();
        var text = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        output.Append(text[0]).Append(text[1]);
        return (process.ExitCode, output.ToString());
    }
}

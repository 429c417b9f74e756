using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MiniSora.Jobs.Portal;
using MiniSora.Tests;
using MiniSora.Web;
using MiniSora.Web.Account;
using MiniSora.Web.Api;
using MiniSora.Web.Storage;

namespace MiniSora.Soak;

/// <summary>A portal with a data folder of its own, as a process that can be killed and started again on the same port, and the tokens to talk to it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly StringBuilder output = new();
    private readonly Dictionary<string, string> settings;

    private readonly bool ownsFolder;

    private Stage(Dictionary<string, string> settings, string? dataFolder)
    {
        this.settings = settings;
        ownsFolder = dataFolder is null;
        DataFolder = dataFolder ?? Directory.CreateTempSubdirectory("minisora-soak-").FullName;
        settings["Data"] = DataFolder;
        // When this program ends in the middle of something, the portal must not stay behind.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillPortal();
    }

    public string DataFolder { get; }

    public int Port { get; } = Ports.Free();

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>Of members, to submit and read.</summary>
    public List<string> MemberTokens { get; } = [];

    /// <summary>Of the first member.</summary>
    public string MemberToken => MemberTokens[0];

    /// <summary>Of an administrator, to work.</summary>
    public string WorkerToken { get; private set; } = "";

    public Process? Portal { get; private set; }

    /// <summary>The last lines that the portal said.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.Length > 4000 ? output.ToString(output.Length - 4000, 4000) : output.ToString();
        }
    }

    /// <summary>Makes the data, a member, an operator and their tokens, and starts the portal.</summary>
    public static Task<Stage> OpenAsync(params (string Name, string Value)[] more) => OpenAsync(1, more);

    /// <summary>The same with several members.</summary>
    public static Task<Stage> OpenAsync(int members, params (string Name, string Value)[] more) => OpenAsync(members, _ => Task.CompletedTask, more);

    /// <summary>The same with more in the data than members: <paramref name="prepare"/> gets the services of a portal that executes nothing.</summary>
    public static Task<Stage> OpenAsync(int members, Func<IServiceProvider, Task> prepare, params (string Name, string Value)[] more) => OpenAsync(null, members, prepare, more);

    /// <summary>The same with one member, in an empty folder that is there and stays there, such as a disk of its own.</summary>
    public static Task<Stage> OpenInAsync(string folder, params (string Name, string Value)[] more) => OpenAsync(folder, 1, _ => Task.CompletedTask, more);

    private static async Task<Stage> OpenAsync(string? folder, int members, Func<IServiceProvider, Task> prepare, (string Name, string Value)[] more)
    {
        var stage = new Stage(Settings(more), folder);
        // The speed of the machine is not the matter here, and measuring it would take a slot's time.
        await File.WriteAllTextAsync(Path.Combine(stage.DataFolder, "calibration.json"), "{\"rates\":[]}");
        await stage.MakeTokensAsync(members, prepare);
        await stage.StartAsync();
        return stage;
    }

    /// <summary>Starts a portal on a data folder that is there and stays there.</summary>
    public static async Task<Stage> OpenOnAsync(string dataFolder, params (string Name, string Value)[] more)
    {
        var stage = new Stage(Settings(more), Path.GetFullPath(dataFolder));
        await stage.StartAsync();
        return stage;
    }

    private static Dictionary<string, string> Settings((string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["MINISORA_OFFLINE"] = "1",
            ["Runs__MinFreeBytes"] = "0",
            ["Runs__MaxSubmitsPerMinute"] = "10000",
            ["Runs__MaxOpenRunsPerMember"] = "10000",
            ["Datasets__PrepareAtStart"] = "false",
            ["OMP_WAIT_POLICY"] = "PASSIVE",
            ["GOMP_SPINCOUNT"] = "0",
        };
        foreach (var (name, value) in more)
            settings[name] = value;
        return settings;
    }

    public PortalClient Client() => new(Address, MemberToken, TimeProvider.System);

    /// <summary>Starts the portal's process and waits until it answers.</summary>
    public async Task StartAsync()
    {
        var program = Path.Combine(Repository(), "artifacts", "bin", "MiniSora.Web", "release", "MiniSora.Web.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(program)! };
        start.ArgumentList.Add(program);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add(Address.ToString());
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        Portal = Process.Start(start)!;
        Listen(Portal);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            if (Portal.HasExited)
                throw new InvalidOperationException($"The portal ended with {Portal.ExitCode}:\n{Output}");
            try
            {
                if ((await http.GetAsync(new Uri(Address, "/openapi/v1.json"))).IsSuccessStatusCode)
                    return;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && patience.Elapsed < TimeSpan.FromMinutes(3))
            {
                // Not listening yet.
            }
        }
    }

    /// <summary>Ids of the run processes that the portal started.</summary>
    public IReadOnlyList<int> RunProcesses() => RunProcesses([DataFolder]);

    /// <summary>Ids of the run processes that work below one of these folders.</summary>
    public static IReadOnlyList<int> RunProcesses(IReadOnlyCollection<string> folders) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => IsRunProcess(id, folders)).Order(),
    ];

    /// <summary>Kills a process, if it is still there.</summary>
    public static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself in between.
        }
    }

    /// <summary>SIGKILL, as the out-of-memory killer would.</summary>
    public async Task KillPortalAsync()
    {
        KillPortal();
        await Portal!.WaitForExitAsync();
    }

    /// <summary>Lines of a process are kept; nobody else reads them.</summary>
    public void Listen(Process process)
    {
        void Keep(string? line)
        {
            lock (output)
                output.AppendLine(line);
        }

        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public async ValueTask DisposeAsync()
    {
        if (Portal is { HasExited: false })
            await KillPortalAsync();
        if (!ownsFolder)
            return;
        // Children of the killed portal write a last checkpoint and leave.
        for (var tries = 0; Directory.Exists(DataFolder) && tries < 60; tries++)
        {
            try
            {
                Directory.Delete(DataFolder, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(500);
            }
        }
    }

    public static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MiniSora.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run it from inside the repository, after a build.");
        return folder;
    }

    private void KillPortal()
    {
        if (Portal is { HasExited: false })
            Portal.Kill();
    }

    private async Task MakeTokensAsync(int members, Func<IServiceProvider, Task> prepare)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Data"] = DataFolder;
        builder.Configuration["Runs:Execute"] = "false";
        builder.Configuration["Datasets:PrepareAtStart"] = "false";
        foreach (var name in new[] { "Portal", "Redis" })
            builder.Configuration[$"ConnectionStrings:{name}"] = settings.GetValueOrDefault($"ConnectionStrings__{name}");
        builder.AddMiniSoraBackend();
        await using var app = builder.Build();
        if (await app.PrepareMiniSoraAsync(CancellationToken.None) is { } code)
            throw new InvalidOperationException($"The data folder could not be made: {code}.");
        await using var context = await app.Services.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
        foreach (var (name, role) in Enumerable.Range(1, members).Select(number => (number == 1 ? "soak" : $"soak-{number}", MemberRoles.Member)).Append(("operator", MemberRoles.Administrator)))
        {
            var member = new Member { Id = Guid.NewGuid(), UserName = name, NormalizedUserName = name.ToUpperInvariant(), DisplayName = name, SecurityStamp = name };
            context.Users.Add(member);
            context.UserRoles.Add(new() { UserId = member.Id, RoleId = (await context.Roles.SingleAsync(known => known.Name == role)).Id });
            await context.SaveChangesAsync();
            var administrator = role == MemberRoles.Administrator;
            var made = (TokenMade)await app.Services.GetRequiredService<ApiTokens>().MakeAsync(
                name, administrator ? [ApiScopes.Worker] : [ApiScopes.Read, ApiScopes.Write], TimeSpan.FromDays(1), new(member.Id, administrator, administrator), CancellationToken.None);
            if (administrator)
                WorkerToken = made.Secret;
            else
                MemberTokens.Add(made.Secret);
        }

        await prepare(app.Services);
    }

    private static bool IsRunProcess(int id, IReadOnlyCollection<string> folders)
    {
        try
        {
            // One that waits for a run works in no run's folder.
            var working = new FileInfo($"/proc/{id}/cwd").LinkTarget ?? "";
            return File.ReadAllText($"/proc/{id}/cmdline").Split('\0').Contains("execute") && folders.Any(folder => working.StartsWith(Path.Combine(folder, "runs"), StringComparison.Ordinal));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

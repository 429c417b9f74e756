using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Soak;

/// <summary>A live roundtable with many attendees: how late they see what the presenter shows, whether their votes count, and how long a prompt takes.</summary>
internal sealed class Audience(int attendees, int seconds, int portals, Bounds bounds)
{
    private readonly List<string> cookies = [];
    private string slug = "";

    public async Task RunAsync(CancellationToken stop)
    {
        await using var town = await Town.OpenAsync(portals, attendees + 1, PrepareAsync);
        var stage = town.Lead;
        var presenter = new Attendee(stage, slug, cookies[0]);
        await presenter.JoinAsync(stop);
        await presenter.ActAsync("began", new { }, stop);
        var crowd = cookies.Skip(1).Select((cookie, i) => new Attendee(town.Portals[(i + 1) % portals], slug, cookie)).ToList();
        foreach (var some in crowd.Chunk(25))
            await Task.WhenAll(some.Select(attendee => attendee.JoinAsync(stop)));
        bounds.Note("attendees", string.Create(CultureInfo.InvariantCulture, $"{crowd.Count} at {portals} portals"));

        await ShowAsync(stage, presenter, crowd, stop);
        await VoteAsync(stage, presenter, crowd, stop);
        await SampleAsync(stage, presenter, crowd[0], stop);
        foreach (var attendee in crowd.Append(presenter))
            await attendee.DisposeAsync();
    }

    /// <summary>A roundtable that the first member presents, sampling from the shipped checkpoint, and everybody's cookie.</summary>
    private async Task PrepareAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        await using var context = await scope.ServiceProvider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
        var members = (await context.Users.Where(member => member.UserName!.StartsWith("soak")).ToListAsync()).OrderBy(member => member.UserName!.Length).ThenBy(member => member.UserName, StringComparer.Ordinal).ToList();
        var signing = scope.ServiceProvider.GetRequiredService<SignInManager<Member>>();
        var scheme = IdentityConstants.ApplicationScheme;
        var options = services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(scheme);
        foreach (var member in members)
        {
            var now = TimeProvider.System.GetUtcNow();
            var ticket = new AuthenticationTicket(await signing.CreateUserPrincipalAsync(member), new() { IssuedUtc = now, ExpiresUtc = now.AddHours(12) }, scheme);
            cookies.Add($"{options.Cookie.Name}={options.TicketDataFormat.Protect(ticket)}");
        }

        slug = (await services.GetRequiredService<RoundtableService>().ProposeAsync("Two hundred", "Everybody looks at one stage.", "", present: true, new(members[0].Id, false, false), CancellationToken.None)).Slug!;
        // Planted when the portal starts.
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(StarterCheckpoint.File)));
        await context.Roundtables.Where(roundtable => roundtable.Slug == slug).ExecuteUpdateAsync(set => set.SetProperty(roundtable => roundtable.StageCheckpoint, sha256));
    }

    /// <summary>The presenter changes the stage twice a second while attendees ask and vote.</summary>
    private async Task ShowAsync(Stage stage, Attendee presenter, List<Attendee> crowd, CancellationToken stop)
    {
        using var client = stage.Client();
        var run = (await client.GetAsync(StarterCheckpoint.Number.ToString(CultureInfo.InvariantCulture), stop)).Run.Id;
        await presenter.ActAsync("poll", new { text = "Which goes on?", options = new[] { "Half the rate", "With EMA" } }, stop);
        var late = new ConcurrentBag<double>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var chatter = ChatterAsync(crowd, over.Token);
        for (var change = 0; change < 2 * seconds; change++)
        {
            var mark = string.Create(CultureInfo.InvariantCulture, $"loss {change}");
            var began = Stopwatch.GetTimestamp();
            var seen = crowd.Select(attendee => attendee.SeesAsync(mark)).ToList();
            await presenter.ActAsync("run", new { runId = run, metric = mark }, stop);
            foreach (var at in await Task.WhenAll(seen).WaitAsync(TimeSpan.FromSeconds(30), stop))
                late.Add(Stopwatch.GetElapsedTime(began, at).TotalMilliseconds);
            await Task.Delay(500, stop);
        }

        await over.CancelAsync();
        bounds.Note("actions of attendees meanwhile", (await chatter).ToString("N0", CultureInfo.InvariantCulture));
        bounds.AtMost(Bounds.Percentile(late, 0.95), 200, string.Create(CultureInfo.InvariantCulture, $"from the presenter's click to the last attendee, p95 of {late.Count:N0}"), "ms");
        bounds.Note("p50 and p99", string.Create(CultureInfo.InvariantCulture, $"{Bounds.Percentile(late, 0.5):0} ms, {Bounds.Percentile(late, 0.99):0} ms"));
    }

    /// <summary>Ten attendees a second ask something or vote for a question, as people would.</summary>
    private static async Task<int> ChatterAsync(List<Attendee> crowd, CancellationToken over)
    {
        var random = new Random(1);
        var done = 0;
        try
        {
            for (; ; done++)
            {
                var attendee = crowd[random.Next(crowd.Count)];
                var questions = attendee.State?.GetProperty("questions").EnumerateArray().Select(question => question.GetProperty("id").GetInt64()).ToList() ?? [];
                if (questions.Count >= 20 || (questions.Count > 0 && random.Next(3) > 0))
                    await attendee.ActAsync("question_vote", new { id = questions[random.Next(questions.Count)] }, over);
                else
                    await attendee.ActAsync("question", new { text = $"Question {done}" }, over);
                await Task.Delay(100, over);
            }
        }
        catch (OperationCanceledException)
        {
            return done;
        }
    }

    /// <summary>Everybody answers the poll at once; twenty join late. All end with one state, and it holds every vote.</summary>
    private async Task VoteAsync(Stage stage, Attendee presenter, List<Attendee> crowd, CancellationToken stop)
    {
        var poll = presenter.State!.Value.GetProperty("polls")[0].GetProperty("id").GetInt64();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(crowd.Select((attendee, i) => attendee.ActAsync("poll_vote", new { id = poll, option = i % 2 }, stop)));
        bounds.Note($"{crowd.Count} votes at once", string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.00} s"));
        var late = cookies.Skip(1).Take(20).Select(cookie => new Attendee(stage, slug, cookie)).ToList();
        await Task.WhenAll(late.Select(attendee => attendee.JoinAsync(stop)));
        await Task.Delay(1000, stop);
        var votes = presenter.State!.Value.GetProperty("polls")[0].GetProperty("options").EnumerateArray().Sum(option => option.GetProperty("votes").GetInt32());
        bounds.Require(votes == crowd.Count, "every vote counts", string.Create(CultureInfo.InvariantCulture, $"{votes} of {crowd.Count}"));
        var states = crowd.Concat(late).Select(attendee => attendee.State!.Value.GetRawText()).Distinct().Count();
        bounds.Require(states == 1, "all see one state, twenty having joined late", $"{states} different");
        foreach (var attendee in late)
            await attendee.DisposeAsync();
    }

    /// <summary>The presenter takes a prompt of the audience: from the click to the clip.</summary>
    private async Task SampleAsync(Stage stage, Attendee presenter, Attendee asker, CancellationToken stop)
    {
        var times = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            // A process that is ready to begin is started anew after each run.
            await Task.Delay(8000, stop);
            await asker.ActAsync("prompt", new { text = $"a red circle moves left {round}" }, stop);
            await Task.Delay(500, stop);
            var prompt = presenter.State!.Value.GetProperty("prompts").EnumerateArray().Single(prompt => !prompt.GetProperty("taken").GetBoolean()).GetProperty("id").GetInt64();
            var watch = Stopwatch.StartNew();
            await presenter.ActAsync("prompt_taken", new { id = prompt }, stop);
            times.Add(await ClipAsync(stage, presenter, prompt, watch, stop));
        }

        bounds.AtMost(times.Max(), 3, "from taking a prompt to its clip, the longest of 5", "s");
        bounds.Note("all five", string.Join(", ", times.Select(time => time.ToString("0.00 s", CultureInfo.InvariantCulture))));
    }

    private static async Task<double> ClipAsync(Stage stage, Attendee presenter, long prompt, Stopwatch watch, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = stage.Address };
        while (watch.Elapsed < TimeSpan.FromMinutes(2))
        {
            var run = presenter.State!.Value.GetProperty("prompts").EnumerateArray().Single(known => known.GetProperty("id").GetInt64() == prompt).GetProperty("runId").GetString();
            if (run is not null && (await http.GetFromJsonAsync<JsonElement>($"/api/runs/{run}/clips", stop)).GetProperty("clips").GetArrayLength() > 0)
                return watch.Elapsed.TotalSeconds;
            await Task.Delay(50, stop);
        }

        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>A member in front of the live page: listens on the hub, acts over HTTP.</summary>
    private sealed class Attendee(Stage stage, string slug, string cookie) : IAsyncDisposable
    {
        private readonly HttpClient http = new() { BaseAddress = stage.Address, DefaultRequestHeaders = { { "Cookie", cookie } } };
        private readonly Lock gate = new();
        private HubConnection? line;
        private (string Mark, TaskCompletionSource<long> Seen)? awaited;

        /// <summary>The newest state.</summary>
        public JsonElement? State { get; private set; }

        public async Task JoinAsync(CancellationToken stop)
        {
            line = new HubConnectionBuilder().WithUrl(new Uri(stage.Address, "/hubs/roundtables"), options => options.Headers["Cookie"] = cookie).AddJsonProtocol().Build();
            line.On<JsonElement>("state", Take);
            await line.StartAsync(stop);
            Take(await line.InvokeAsync<JsonElement>("Join", slug, stop));
        }

        /// <summary>When the stage shows this metric.</summary>
        public Task<long> SeesAsync(string mark)
        {
            lock (gate)
            {
                awaited = (mark, new(TaskCreationOptions.RunContinuationsAsynchronously));
                return awaited.Value.Seen.Task;
            }
        }

        public async Task ActAsync(string type, object data, CancellationToken stop)
        {
            var body = JsonSerializer.SerializeToNode(data)!.AsObject();
            body["type"] = type;
            using var answer = await http.PostAsJsonAsync($"/api/roundtables/{slug}/act", body, stop);
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException($"{type}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            if (line is not null)
                await line.DisposeAsync();
        }

        private void Take(JsonElement fresh)
        {
            lock (gate)
            {
                // As the page does: a whole state never goes back.
                if (State is { } known && fresh.GetProperty("seq").GetInt64() < known.GetProperty("seq").GetInt64())
                    return;
                State = fresh;
                if (awaited is { } waits && fresh.GetProperty("scene").GetProperty("metric").GetString() == waits.Mark)
                    waits.Seen.TrySetResult(Stopwatch.GetTimestamp());
            }
        }
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Cli;
using MiniSora.Jobs.Specs;
using MiniSora.Model;
using MiniSora.Model.Backbones;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Gallery;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Seeding;

/// <summary>First number of a stream of choices, so that no two kinds share one.</summary>
internal static class SeedLane
{
    public const ulong Ids = 1, Members = 2, Runs = 3, Points = 4, Posts = 5, Files = 6, Entries = 7, Collections = 8;
}

/// <summary>
/// Fills a database with made-up members, runs and posts, to see how the portal does when there are many. Every row is a function of the options and
/// of how many members were there before, down to its time: the last day is a fixed one.
/// </summary>
internal sealed class Seeder(IDbContextFactory<MiniSoraDbContext> contexts, SeedFiles files)
{
    /// <summary>Processor of runs that nothing executed, so that nobody takes their figures for measured ones.</summary>
    public const string Machine = "minisora seed";

    private const int Batch = 1000;
    private static readonly DateTimeOffset LastDay = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Period = TimeSpan.FromDays(365);

    private readonly List<(Guid Id, string Name)> members = [];
    private readonly List<(Guid Id, long Number, Guid Owner, string Checkpoint, RunState State)> trainings = [];
    private readonly List<(Guid Id, string Checkpoint, string Yaml, int Training, double Seconds)> samplings = [];
    private ulong seed;

    /// <summary>Writes everything. When it is cancelled, what was written stays.</summary>
    /// <exception cref="SeedRefusedException">There are members, and the options do not say that this is meant.</exception>
    public async Task SeedAsync(SeedOptions options, IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(Environment.NewLine, problems), nameof(options));
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var before = await context.Users.CountAsync(cancellationToken);
            if (before > 0 && !options.IntoExisting)
                throw new SeedRefusedException(before);
            // Into what was seeded before, the same options shall not write the same rows again.
            seed = (ulong)options.Seed + ((ulong)before << 32);
        }

        var videos = await files.VideosAsync(seed, cancellationToken);
        await MembersAsync(options, progress, cancellationToken);
        await RunsAsync(options, videos, progress, cancellationToken);
        await PointsAsync(options, progress, cancellationToken);
        await EntriesAsync(progress, cancellationToken);
        await PostsAsync(options, videos, progress, cancellationToken);
        await CollectionsAsync(progress, cancellationToken);
        await using var last = await contexts.CreateDbContextAsync(cancellationToken);
        await PortalDatabase.LearnAsync(last, cancellationToken);
    }

    private async Task MembersAsync(SeedOptions options, IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        HashSet<string> handles;
        Guid role;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            handles = [.. await context.Users.Select(member => member.Handle).ToListAsync(cancellationToken)];
            role = await context.Roles.Where(known => known.Name == MemberRoles.Member).Select(known => known.Id).SingleAsync(cancellationToken);
        }

        await WriteAsync("members 成员", options.Members, progress, (context, k) =>
        {
            var random = SplitMix64.For(seed, SeedLane.Members, (ulong)k);
            var name = SeedWords.Name(ref random);
            var basis = MemberHandle.Of(name);
            var handle = basis;
            for (var number = 2; !handles.Add(handle); number++)
                handle = string.Create(CultureInfo.InvariantCulture, $"{basis}-{number}");
            // A name that cannot be typed into the form: nobody signs in as one of these.
            var mail = string.Create(CultureInfo.InvariantCulture, $"{seed}-{k}@seed.invalid");
            var member = new Member
            {
                Id = Id(SeedLane.Members, k, LastDay - Period),
                UserName = mail,
                NormalizedUserName = mail.ToUpperInvariant(),
                Email = mail,
                NormalizedEmail = mail.ToUpperInvariant(),
                SecurityStamp = mail,
                DisplayName = name,
                Handle = handle,
                CreatedAt = LastDay - Period + TimeSpan.FromMinutes(k),
            };
            context.Users.Add(member);
            context.UserRoles.Add(new() { UserId = member.Id, RoleId = role });
            members.Add((member.Id, name));
        }, cancellationToken);
    }

    private async Task RunsAsync(SeedOptions options, IReadOnlyList<SeedVideo> videos, IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        long first;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            first = 1 + (await context.Runs.MaxAsync(run => (long?)run.Number, cancellationToken) ?? 0);
        var checkpoints = new Dictionary<long, ArtifactStore.Stored>();
        for (var k = 0; k < options.Runs; k++)
        {
            if (!IsSampling(k))
                checkpoints[k] = await files.CheckpointAsync(seed, first + k, cancellationToken);
        }

        var recipe = (TrainingSpec)(Recipes.Find("tiny-shapes") ?? throw new InvalidOperationException("The recipe tiny-shapes is missing.")).Spec;
        await WriteAsync("runs 运行", options.Runs, progress, (context, k) =>
        {
            var random = SplitMix64.For(seed, SeedLane.Runs, (ulong)k);
            var at = LastDay - Period + Period * ((double)k / options.Runs);
            var owner = members[(int)random.Below(members.Count)].Id;
            var number = first + k;
            var runSeed = random.Below(1_000_000);
            if (IsSampling(k))
                AddSampling(context, k, number, at, owner, runSeed, videos, ref random);
            else
                AddTraining(context, recipe, k, number, at, owner, runSeed, checkpoints[k], options, ref random);
        }, cancellationToken);
    }

    // Every fifth samples: ten runs have two of them, and what they sample from is there before.
    private static bool IsSampling(long k) => k % 5 == 4;

    private void AddTraining(
        MiniSoraDbContext context, TrainingSpec recipe, long k, long number, DateTimeOffset at, Guid owner, long runSeed, ArtifactStore.Stored checkpoint, SeedOptions options, ref SplitMix64 random)
    {
        var networks = Enum.GetValues<NetworkKind>();
        var spec = recipe with
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{SeedWords.Title(SeedWords.Prompt(ref random), number)}"),
            Seed = runSeed,
            Model = recipe.Model with { Network = networks[random.Below(networks.Length)] },
            Training = recipe.Training with { Steps = 200 + 100 * (int)random.Below(20) },
        };
        // The newest hundredth waits; of the rest most came to a good end.
        var state = k >= options.Runs - Math.Max(1, options.Runs / 100) ? RunState.Queued
            : random.Below(20) switch { 0 => RunState.Failed, 1 => RunState.Cancelled, 2 => RunState.Paused, _ => RunState.Succeeded };
        var run = Add(context, spec, k, number, at, owner, state, 60 + random.NextDouble() * 7200, ref random);
        if (state == RunState.Queued)
        {
            context.Add(new RunForecast { RunId = run.Id, SecondsLow = 300, SecondsMid = 600, SecondsHigh = 1200, MemoryBytes = 1 << 30, DiskBytes = 1 << 26 });
            return;
        }

        AddFile(context, run, "checkpoint", checkpoint, string.Create(CultureInfo.InvariantCulture, $"step-{run.Step}.safetensors"), run.Step, 0, null);
        trainings.Add((run.Id, number, owner, checkpoint.Sha256, state));
    }

    private void AddSampling(
        MiniSoraDbContext context, long k, long number, DateTimeOffset at, Guid owner, long runSeed, IReadOnlyList<SeedVideo> videos, ref SplitMix64 random)
    {
        var training = (int)random.Below(trainings.Count);
        var prompt = SeedWords.Prompt(ref random);
        var spec = new SamplingSpec { Name = SeedWords.Title(prompt, number), Seed = runSeed, Checkpoint = trainings[training].Checkpoint, Prompt = prompt };
        var run = Add(context, spec, k, number, at, owner, RunState.Succeeded, 1 + random.NextDouble() * 90, ref random, trainings[training].Id);
        for (var clip = 0; clip < spec.Clips; clip++)
        {
            var video = videos[(int)random.Below(videos.Count)];
            AddFile(context, run, "video", new(video.Sha256, video.Bytes), string.Create(CultureInfo.InvariantCulture, $"clip-{clip}.mp4"), 0, clip, prompt);
            AddFile(context, run, "poster", new(video.PosterSha256, video.PosterBytes), string.Create(CultureInfo.InvariantCulture, $"clip-{clip}{SeedFiles.PosterExtension}"), 0, clip, prompt);
        }

        samplings.Add((run.Id, spec.Checkpoint, run.SpecYaml, training, run.DeviceSeconds));
    }

    private Run Add(MiniSoraDbContext context, RunSpec spec, long k, long number, DateTimeOffset at, Guid owner, RunState state, double seconds, ref SplitMix64 random, Guid? parent = null)
    {
        var yaml = SpecYaml.Write(spec);
        var steps = spec is TrainingSpec training ? training.Training.Steps : 0;
        var run = new Run
        {
            Id = Id(SeedLane.Runs, k, at),
            Number = number,
            OwnerId = owner,
            Kind = RunAddition.KindOf(spec),
            Name = spec.Name,
            SpecYaml = yaml,
            SpecHash = SpecHash.Of(spec),
            Seed = spec.Seed,
            SoftwareVersion = Product.Version,
            CheckpointSha256 = RunAddition.CheckpointOf(spec),
            ParentRunId = parent,
            CreatedAt = at,
            TotalSteps = steps,
        };
        context.Runs.Add(run);
        if (state == RunState.Queued)
            return run;
        (run.Step, run.Device, run.Precision, run.Threads, run.Machine) = (state == RunState.Succeeded ? steps : steps / 2, "cpu", "fp32", 2, Machine);
        (run.DeviceSeconds, run.Flops, run.PeakMemoryBytes, run.CurrentAttempt) = (seconds, seconds * 5e10, (1 + random.Below(8)) << 29, 1);
        var end = at + TimeSpan.FromSeconds(seconds);
        run.MoveTo(RunState.Running, at);
        run.MoveTo(state, end);
        if (state == RunState.Failed)
            run.FailureCode = "software";
        context.Attempts.Add(new()
        {
            RunId = run.Id,
            Number = 1,
            Worker = Machine,
            StartedAt = at,
            LastHeardAt = end,
            EndedAt = end,
            Charged = true,
            Outcome = state switch { RunState.Succeeded => "completed", RunState.Failed => "failed", _ => "stopped" },
        });
        return run;
    }

    private void AddFile(MiniSoraDbContext context, Run run, string kind, ArtifactStore.Stored file, string name, long step, int index, string? prompt) =>
        context.Artifacts.Add(new()
        {
            Id = Id(SeedLane.Files, run.Number * 16 + index * 2 + (kind == "poster" ? 1 : 0), run.CreatedAt),
            RunId = run.Id,
            OwnerId = run.OwnerId,
            Attempt = 1,
            Kind = kind,
            Sha256 = file.Sha256,
            Bytes = file.Bytes,
            FileName = name,
            Step = step,
            Index = index,
            Prompt = prompt,
            Seed = kind == "video" ? run.Seed + index : null,
            CreatedAt = run.EndedAt ?? run.CreatedAt,
        });

    private async Task PointsAsync(SeedOptions options, IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        const string What = "points 数据点";
        if (options.Points == 0 || trainings.Count == 0)
            return;
        var metrics = new List<int>();
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            foreach (var name in SeedPoints.Metrics)
            {
                var metric = await context.MetricNames.SingleOrDefaultAsync(known => known.Name == name, cancellationToken);
                if (metric is null)
                    context.MetricNames.Add(metric = new() { Name = name });
                await context.SaveChangesAsync(cancellationToken);
                metrics.Add(metric.Id);
            }
        }

        long done = 0;
        foreach (var chunk in trainings.Select((run, k) => (run.Number, Count: options.Points / trainings.Count + (k < options.Points % trainings.Count ? 1 : 0))).Chunk(200))
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await SeedPoints.WriteAsync(context, metrics, chunk, seed, cancellationToken);
            done += chunk.Sum(run => run.Count);
            progress.Report(new(What, done, options.Points));
        }
    }

    private async Task EntriesAsync(IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        long first;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            first = 1 + (await context.LeaderboardEntries.MaxAsync(entry => (long?)entry.Number, cancellationToken) ?? 0);
        var entered = trainings.Where((run, k) => run.State == RunState.Succeeded && k % 10 == 0).ToList();
        var score = JsonSerializer.Serialize(ScoreRecord.Of(ScoreMetrics.Quality, 0, null, null, new() { Frames = SeedFiles.Frames, Size = SeedFiles.Size, Software = Machine }));
        await WriteAsync("entries 参赛条目", entered.Count, progress, (context, k) =>
        {
            var random = SplitMix64.For(seed, SeedLane.Entries, (ulong)k);
            var quality = 0.3 + 0.6 * random.NextDouble();
            // Half are claims; the others have a score to be ranked by.
            var scored = random.Below(2) == 0;
            var at = LastDay - Period + Period * ((double)k / entered.Count);
            context.LeaderboardEntries.Add(new()
            {
                Id = Id(SeedLane.Entries, k, at),
                Number = first + k,
                OwnerId = entered[(int)k].Owner,
                Title = SeedWords.Title(SeedWords.Prompt(ref random), first + k),
                RunId = entered[(int)k].Id,
                CheckpointSha256 = entered[(int)k].Checkpoint,
                SpecHash = entered[(int)k].Checkpoint,
                Dataset = "shapes",
                Machine = Machine,
                PeakMemoryBytes = (1 + random.Below(64)) << 28,
                Flops = 1e13 * (1 + random.NextDouble() * 1000),
                DeviceSeconds = 60 + random.NextDouble() * 7200,
                SecondsPerVideoSecond = 0.5 + random.NextDouble() * 20,
                ClaimedQuality = quality,
                Level = scored ? EntryLevel.Rescored : EntryLevel.SelfReported,
                Quality = quality,
                QualityLow = scored ? quality - 0.02 : null,
                QualityHigh = scored ? quality + 0.02 : null,
                ScoreJson = scored ? score : null,
                CreatedAt = at,
                LevelAt = at,
            });
        }, cancellationToken);
    }

    private async Task PostsAsync(SeedOptions options, IReadOnlyList<SeedVideo> videos, IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        long first;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            first = 1 + (await context.Posts.MaxAsync(post => (long?)post.Number, cancellationToken) ?? 0);
        var networks = Enum.GetValues<NetworkKind>().Select(kind => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString())).ToArray();
        int[] sizes = [32, 64, 128];
        string[] tasks = ["text_to_video", "text_to_video", "text_to_video", "image_to_video", "extend", "edit"];
        await WriteAsync("posts 视频", options.Posts, progress, (context, k) =>
        {
            var random = SplitMix64.For(seed, SeedLane.Posts, (ulong)k);
            var sampling = samplings[(int)(k * samplings.Count / options.Posts)];
            var author = members[(int)random.Below(members.Count)];
            var video = videos[(int)random.Below(videos.Count)];
            var prompt = SeedWords.Prompt(ref random);
            var title = SeedWords.Title(prompt, first + k);
            var at = LastDay - Period + Period * ((double)k / options.Posts);
            // Few are liked by many.
            var likes = (int)Math.Min(members.Count, Math.Floor(-2 * Math.Log(1 - random.NextDouble())));
            var reproductions = (int)Math.Min(members.Count, random.Below(12) == 0 ? 1 + random.Below(2) : 0);
            var comments = random.Below(3) == 0 ? 1 + random.Below(3) : 0;
            var post = new Post
            {
                Id = Id(SeedLane.Posts, k, at),
                Number = first + k,
                Slug = string.Create(CultureInfo.InvariantCulture, $"seed-{seed}-{k}"),
                Title = title,
                Prompt = prompt,
                SpecYaml = sampling.Yaml,
                Seed = k,
                CheckpointSha256 = sampling.Checkpoint,
                SoftwareVersion = Product.Version,
                DeviceSeconds = sampling.Seconds * Math.Pow(10, 3 * random.NextDouble()),
                Flops = sampling.Seconds * 5e10,
                VideoSha256 = video.Sha256,
                PosterSha256 = video.PosterSha256,
                PosterExtension = SeedFiles.PosterExtension,
                AuthorId = author.Id,
                RunId = sampling.Id,
                CreatedAt = at,
                Model = networks[random.Below(networks.Length)],
                Dataset = video.Dataset,
                Task = tasks[random.Below(tasks.Length)],
                Size = sizes[random.Below(sizes.Length)],
                Licence = PostLicence.All[(int)random.Below(PostLicence.All.Count)].Id,
                Frames = SeedFiles.Frames,
                SourceSha256 = video.Sha256,
                SearchWords = PostSearch.Index(title, prompt, author.Name),
                Likes = likes,
                Reproductions = reproductions,
                Comments = (int)comments,
            };
            context.Posts.Add(post);
            AddMarks(context, post, PostMarkKind.Like, likes, random.Below(members.Count));
            AddMarks(context, post, PostMarkKind.Reproduced, reproductions, random.Below(members.Count));
            for (var comment = 0; comment < comments; comment++)
            {
                context.Comments.Add(new()
                {
                    Id = Id(SeedLane.Posts + 100, k * 4 + comment, at),
                    PostId = post.Id,
                    AuthorId = members[(int)random.Below(members.Count)].Id,
                    Markdown = SeedWords.Remark(ref random),
                    CreatedAt = at + TimeSpan.FromMinutes(10 * (comment + 1)),
                });
            }
        }, cancellationToken);
    }

    // Neighbours in the list of members: each once.
    private void AddMarks(MiniSoraDbContext context, Post post, PostMarkKind kind, int count, long from)
    {
        for (var mark = 0; mark < count; mark++)
            context.PostMarks.Add(new() { PostId = post.Id, MemberId = members[(int)((from + mark) % members.Count)].Id, Kind = kind, At = post.CreatedAt });
    }

    private async Task CollectionsAsync(IProgress<SeedProgress> progress, CancellationToken cancellationToken)
    {
        List<Guid> newest;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            newest = await context.Posts.OrderByDescending(post => post.Number).Take(2000).Select(post => post.Id).ToListAsync(cancellationToken);
        await WriteAsync("collections 收藏夹", members.Count / 5, progress, (context, k) =>
        {
            var random = SplitMix64.For(seed, SeedLane.Collections, (ulong)k);
            var title = SeedWords.Prompt(ref random);
            var collection = new Collection
            {
                Id = Id(SeedLane.Collections, k, LastDay),
                Slug = string.Create(CultureInfo.InvariantCulture, $"seed-{seed}-{k}"),
                OwnerId = members[(int)k * 5].Id,
                Title = title,
                CreatedAt = LastDay,
            };
            context.Collections.Add(collection);
            var from = random.Below(Math.Max(1, newest.Count));
            for (var item = 0; item < Math.Min(20, newest.Count); item++)
                context.CollectionItems.Add(new() { CollectionId = collection.Id, PostId = newest[(int)((from + item) % newest.Count)], AddedAt = LastDay });
        }, cancellationToken);
    }

    /// <summary>Adds things in batches, each a transaction of its own.</summary>
    private async Task WriteAsync(string what, long count, IProgress<SeedProgress> progress, Action<MiniSoraDbContext, long> add, CancellationToken cancellationToken)
    {
        for (long done = 0; done < count;)
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            context.ChangeTracker.AutoDetectChangesEnabled = false;
            for (var end = Math.Min(count, done + Batch); done < end; done++)
                add(context, done);
            await context.SaveChangesAsync(cancellationToken);
            progress.Report(new(what, done, count));
        }
    }

    /// <summary>As <see cref="Guid.CreateVersion7(DateTimeOffset)"/>, but the same every time.</summary>
    private Guid Id(ulong kind, long number, DateTimeOffset at)
    {
        var random = SplitMix64.For(seed, SeedLane.Ids, kind, (ulong)number);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)at.ToUnixTimeMilliseconds() << 16) | 0x7000 | (random.Next() & 0xfff));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (random.Next() >> 2) | (1UL << 63));
        return new(bytes, bigEndian: true);
    }
}

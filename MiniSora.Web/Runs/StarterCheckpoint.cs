using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Sampling;
using MiniSora.Model.Weights;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>
/// The checkpoint that ships with the product (<c>recipes/starter.safetensors</c>), put into a new portal as run number 0, so that a newcomer samples
/// before anything was trained. Done once: who deletes it does not get it back.
/// </summary>
internal sealed partial class StarterCheckpoint(
    IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, ArtifactStore store, IServiceScopeFactory scopes, IOptions<RunOptions> options, ILogger<StarterCheckpoint> logger) : IHostedService
{
    /// <summary>Its number: those of the community begin at 1.</summary>
    public const long Number = 0;

    /// <summary>Of the account that owns it, which nobody can sign in with.</summary>
    public const string Email = "starter@minisora.invalid";

    /// <summary>The file beside the program.</summary>
    public static string File => Path.Combine(AppContext.BaseDirectory, "recipes", "starter.safetensors");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Starter || !System.IO.File.Exists(File))
            return;
        try
        {
            await PlantAsync(cancellationToken);
        }
        catch (Exception error) when (error is IOException or SafeTensorsException)
        {
            // The portal is whole without it.
            LogFailed(error);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PlantAsync(CancellationToken cancellationToken)
    {
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            // Its owner stays when it is deleted. A portal that has runs had its first steps long ago.
            if (await context.Users.AnyAsync(member => member.UserName == Email, cancellationToken) || await context.Runs.AnyAsync(cancellationToken))
                return;
        }

        var (yaml, step) = VideoSampler.OriginOf(File);
        if (SpecYaml.Read(yaml).Spec is not TrainingSpec spec)
            throw new InvalidDataException($"{File} names no training that this version can read.");
        // Copied: the store links what it takes in, and whatever happened to the portal's file would happen to the product's.
        await using var file = System.IO.File.OpenRead(File);
        var stored = await store.WriteAsync(file, cancellationToken);
        var owner = await OwnerAsync();
        await writing.DoAsync(
            async write =>
            {
                var run = await RunAddition.AddAsync(write, spec, owner, new(), RunPriority.Normal, cancellationToken, number: Number);
                write.Move(run, RunState.Running);
                (run.Step, run.Flops) = (step ?? spec.Training.Steps, RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).FlopsPerStep * (step ?? spec.Training.Steps));
                write.Move(run, RunState.Succeeded);
                write.Context.Artifacts.Add(new()
                {
                    Id = Guid.CreateVersion7(write.Now),
                    RunId = run.Id,
                    OwnerId = owner,
                    Kind = "checkpoint",
                    Sha256 = stored.Sha256,
                    Bytes = stored.Bytes,
                    FileName = Path.GetFileName(File),
                    Step = run.Step,
                    CreatedAt = write.Now,
                });
            },
            cancellationToken);
    }

    /// <summary>Nobody can sign in as it: it has no password.</summary>
    private async Task<Guid> OwnerAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = new Member { UserName = Email, Email = Email, DisplayName = "MiniSora", CreatedAt = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow() };
        IdentityFailure.ThrowUnless(await members.CreateAsync(member));
        return member.Id;
    }

    [LoggerMessage(LogLevel.Warning, "The checkpoint that ships with MiniSora could not be put into the portal")]
    private partial void LogFailed(Exception error);
}

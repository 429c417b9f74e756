using System.Text.Json;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Portals;

/// <summary>What only the lead knows: where runs can execute, which were handed over, and how fast its machine is.</summary>
/// <param name="Own">Slots of the lead itself.</param>
/// <param name="Held">Runs that hold a slot, with the time of the hand-over.</param>
/// <param name="Calibration">Measured speed of the lead's machine, as it is stored.</param>
internal sealed record LeadCard(string Lead, IReadOnlyList<FleetSlot> Own, IReadOnlyList<FleetWorker> Workers, IReadOnlyDictionary<Guid, DateTimeOffset> Held, string? Calibration);

/// <summary>On the lead: shows its card to the others, and keeps its seat.</summary>
internal sealed partial class LeadCardKeeper(
    PortalLine line, Fleet fleet, RunSlots slots, DataFolder folder, LeadSeat seat, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<LeadCardKeeper> logger) : BackgroundService
{
    /// <summary>Key of the card, and what is said when there is a new one.</summary>
    public const string Key = "lead";

    /// <summary>A card that was not renewed for so long is that of a lead that is away.</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SeatPause = TimeSpan.FromSeconds(10);

    private string shown = "";
    private DateTimeOffset shownAt;

    /// <summary>Shows the card where it changed, and now and then where it did not.</summary>
    internal async Task ShowAsync(CancellationToken cancellationToken)
    {
        if (!line.IsShared)
            return;
        var card = JsonSerializer.Serialize(new LeadCard(line.Me, fleet.OwnSlots, fleet.Workers, slots.HeldSince, await CalibrationAsync(cancellationToken)), LiveJson.Options);
        var now = clock.GetUtcNow();
        if (card == shown && now - shownAt < Expiry / 3)
            return;
        await line.KeepAsync(Key, card, Expiry);
        if (card != shown)
            line.Say(Key, line.Me);
        (shown, shownAt) = (card, now);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var heldAt = clock.GetUtcNow();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (clock.GetUtcNow() - heldAt > SeatPause)
                {
                    heldAt = clock.GetUtcNow();
                    if (!await seat.HoldAsync(stoppingToken))
                    {
                        // Two that schedule would hand runs over twice: the one that lost its seat leaves.
                        LogSeatTaken();
                        lifetime.StopApplication();
                        return;
                    }
                }

                try
                {
                    await ShowAsync(stoppingToken);
                }
                catch (StackExchange.Redis.RedisException error)
                {
                    LogNotShown(error);
                }

                await Task.Delay(Pause, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<string?> CalibrationAsync(CancellationToken cancellationToken) =>
        File.Exists(folder.Calibration) ? await File.ReadAllTextAsync(folder.Calibration, cancellationToken) : null;

    [LoggerMessage(LogLevel.Critical, "Another portal leads on this database: this one leaves")]
    private partial void LogSeatTaken();

    [LoggerMessage(LogLevel.Warning, "The other portals could not be told what this one knows")]
    private partial void LogNotShown(Exception error);
}

/// <summary>On a front portal: knows what the lead knows.</summary>
internal sealed partial class LeadMirror(PortalLine line, Fleet fleet, RunSlots slots, DataFolder folder, TimeProvider clock, ILogger<LeadMirror> logger) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim look = new(1);
    private string? calibration;

    /// <summary>Whether the lead was there when this portal last looked.</summary>
    public bool HasLead { get; private set; }

    public override void Dispose()
    {
        look.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = clock.CreateTimer(_ => Ring(), null, LookAgain, LookAgain);
        line.On<string>(LeadCardKeeper.Key, _ => Ring());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await look.WaitAsync(stoppingToken);
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (StackExchange.Redis.RedisException error)
            {
                // Whether the lead is there is not known now; what it last said holds until the next look.
                LogBlind(error);
            }
        }
    }

    /// <summary>Reads what the lead shows.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var card = await line.FindAsync(LeadCardKeeper.Key) is { } text ? JsonSerializer.Deserialize<LeadCard>(text, LiveJson.Options) : null;
        HasLead = card is not null;
        fleet.Mirror(card);
        slots.Mirror(card?.Held ?? new Dictionary<Guid, DateTimeOffset>());
        if (card?.Calibration is { } speed && speed != calibration)
        {
            calibration = speed;
            await File.WriteAllTextAsync(folder.Calibration, speed, cancellationToken);
        }
    }

    private void Ring()
    {
        if (look.CurrentCount == 0)
            look.Release();
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not answer: what the lead does is not known")]
    private partial void LogBlind(Exception error);
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using StackExchange.Redis;

namespace MiniSora.Web.Portals;

/// <summary>
/// What portals of one community say to each other, over Redis. Everything that counts is in the database; what is said here only saves the others
/// from looking. So a word may be lost: after an interruption <see cref="Missed"/> is raised, and everybody looks. Without Redis there is nobody to talk to.
/// </summary>
internal sealed partial class PortalLine : IAsyncDisposable
{
    private const string MissedWord = "missed";

    private static readonly JsonSerializerOptions Json = Runs.LiveJson.Options;

    // Longer than Redis takes to tell both ends that a line is broken.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, ImmutableList<Action<JsonElement>>> hearers = new();
    private readonly string name;
    private readonly TimeProvider clock;
    private readonly ILogger<PortalLine> logger;
    private readonly ConnectionMultiplexer? redis;
    private DateTimeOffset? brokenSince;

    public PortalLine(ConnectionMultiplexer? redis, PortalRole role, string name, TimeProvider clock, ILogger<PortalLine> logger)
    {
        (this.redis, Role, this.name, this.clock, this.logger) = (redis, role, name, clock, logger);
        if (redis is null)
            return;
        redis.ConnectionFailed += (_, broken) => Broke(broken.Exception);
        redis.ConnectionRestored += (_, whole) => Restored(whole.ConnectionType);
    }

    /// <summary>What this portal does.</summary>
    public PortalRole Role { get; }

    /// <summary>Tells this portal from the others; new at every start.</summary>
    public string Me { get; } = Guid.NewGuid().ToString("N")[..12];

    /// <summary>Whether there may be other portals.</summary>
    public bool IsShared => redis is not null;

    /// <summary>Whether what is said is heard now; true where there is nobody to hear it.</summary>
    public bool IsWhole => redis?.IsConnected ?? true;

    /// <summary>Something may have been said since then that was not heard: look.</summary>
    public event Action<DateTimeOffset>? Missed;

    /// <summary>Begins to listen. False when Redis cannot be reached.</summary>
    public async Task<bool> OpenAsync()
    {
        if (redis is null)
            return true;
        try
        {
            await redis.GetDatabase().PingAsync();
            // A queue of its own: words are heard one after the other, in the order in which they were said.
            (await redis.GetSubscriber().SubscribeAsync(Channel)).OnMessage(word => Hear(word.Message));
            return true;
        }
        catch (RedisException error)
        {
            LogUnreachable(error);
            return false;
        }
    }

    /// <summary>Says something to the other portals and returns at once.</summary>
    public void Say<T>(string about, T said)
    {
        if (redis is null)
            return;
        var word = JsonSerializer.SerializeToUtf8Bytes(new Word(Me, about, JsonSerializer.SerializeToElement(said, Json)), Json);
        redis.GetSubscriber().Publish(Channel, word, CommandFlags.FireAndForget);
    }

    /// <summary>Says that something may have happened since then of which this portal told nobody.</summary>
    public void SayMissed(DateTimeOffset since) => Say(MissedWord, since);

    /// <summary>Calls <paramref name="hear"/> for what other portals say about something. It must return at once and not throw.</summary>
    public void On<T>(string about, Action<T> hear) =>
        hearers.AddOrUpdate(about, _ => [Typed(hear)], (_, known) => known.Add(Typed(hear)));

    /// <summary>Keeps something where the other portals find it, for so long. Nothing without Redis.</summary>
    public Task KeepAsync(string key, string value, TimeSpan expiry) =>
        redis is null ? Task.CompletedTask : redis.GetDatabase().StringSetAsync($"{name}:{key}", value, expiry);

    /// <summary>What was kept; null when it has expired.</summary>
    public async Task<string?> FindAsync(string key) => redis is null ? null : (string?)await redis.GetDatabase().StringGetAsync($"{name}:{key}");

    public async ValueTask DisposeAsync()
    {
        if (redis is not null)
            await redis.DisposeAsync();
    }

    private RedisChannel Channel => RedisChannel.Literal($"{name}:line");

    private static Action<JsonElement> Typed<T>(Action<T> hear) => said => hear(said.Deserialize<T>(Json)!);

    private void Hear(RedisValue message)
    {
        try
        {
            if (JsonSerializer.Deserialize<Word>((byte[])message!, Json) is not { } word || word.From == Me)
                return;
            if (word.About == MissedWord)
                Missed?.Invoke(word.Said.Deserialize<DateTimeOffset>(Json));
            else if (hearers.TryGetValue(word.About, out var known))
                known.ForEach(hear => hear(word.Said));
        }
        catch (JsonException error)
        {
            // Of a portal of another version: what it wanted to save us from is in the database.
            LogNotUnderstood(error);
        }
    }

    private void Broke(Exception? error)
    {
        brokenSince ??= clock.GetUtcNow();
        LogBroken(error);
    }

    private void Restored(ConnectionType which)
    {
        var since = (brokenSince ?? clock.GetUtcNow()) - Margin;
        LogRestored();
        // What the others said is missed where the line to hear was broken, what this one said where the line to speak was.
        if (which == ConnectionType.Subscription)
            Missed?.Invoke(since);
        else
            SayMissed(since);
        if (redis!.IsConnected)
            brokenSince = null;
    }

    [LoggerMessage(LogLevel.Error, "Redis cannot be reached")]
    private partial void LogUnreachable(Exception error);

    [LoggerMessage(LogLevel.Warning, "The line to the other portals is broken; live pages of other portals are late until it is whole")]
    private partial void LogBroken(Exception? error);

    [LoggerMessage(LogLevel.Information, "The line to the other portals is whole again")]
    private partial void LogRestored();

    [LoggerMessage(LogLevel.Warning, "Another portal said something that this version does not understand")]
    private partial void LogNotUnderstood(Exception error);

    private sealed record Word(string From, string About, JsonElement Said);
}

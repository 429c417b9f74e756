using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Moderation;

/// <summary>Settings of what may be said here; section <c>Moderation</c>.</summary>
public sealed class ModerationOptions
{
    /// <summary>Words and phrases that nothing published may contain, compared without case.</summary>
    public IReadOnlyList<string> BlockedWords { get; init; } = [];
}

/// <summary>Whether a member may publish something now.</summary>
public sealed class Standing(IOptions<ModerationOptions> options)
{
    /// <summary>How long a strike counts.</summary>
    internal static readonly TimeSpan StrikeAge = TimeSpan.FromDays(90);

    /// <summary>With so many strikes that count a member may not publish.</summary>
    internal const int MostStrikes = 3;

    /// <summary>All reasons against publishing these texts now.</summary>
    internal async Task<List<Refusal>> CheckAsync(RunWrite write, Viewer viewer, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var reasons = new List<Refusal>();
        if (viewer.MemberId is not { } member)
        {
            reasons.Add(new("not_signed_in"));
        }
        else
        {
            var since = write.Now - StrikeAge;
            if (await write.Context.Strikes.CountAsync(strike => strike.MemberId == member && strike.At > since && strike.AppealGranted != true, cancellationToken) >= MostStrikes)
                reasons.Add(new("standing_muted"));
        }

        var blocked = options.Value.BlockedWords.FirstOrDefault(word => word.Length > 0 && texts.Any(text => text.Contains(word, StringComparison.OrdinalIgnoreCase)));
        if (blocked is not null)
            reasons.Add(new("text_blocked", ("word", blocked)));
        return reasons;
    }

    /// <summary>As <see cref="CheckAsync"/>, with the length of one text: 1 to <paramref name="most"/> characters.</summary>
    internal async Task<List<Refusal>> CheckTextAsync(RunWrite write, Viewer viewer, string text, int most, CancellationToken cancellationToken)
    {
        var reasons = await CheckAsync(write, viewer, [text], cancellationToken);
        if (text.Length == 0)
            reasons.Add(new("text_empty"));
        if (text.Length > most)
            reasons.Add(new("text_too_long", ("limit", most.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("length", text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        return reasons;
    }
}

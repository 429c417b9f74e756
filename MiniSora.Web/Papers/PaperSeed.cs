using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Papers;

/// <summary>The papers and goals a new portal begins with; they ship with the product as <c>seed.json</c>.</summary>
internal sealed record PaperSeed(IReadOnlyList<SeedClaim> Goals, IReadOnlyList<SeedPaper> Papers)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Plants them in a database that has no paper; whatever members made of them later stays.</summary>
    public static async Task PlantAsync(MiniSoraDbContext context, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await context.Papers.AnyAsync(cancellationToken) || await context.PaperClaims.AnyAsync(cancellationToken))
            return;
        await using var stream = typeof(PaperSeed).Assembly.GetManifestResourceStream("MiniSora.Web.Papers.seed.json") ?? throw new InvalidOperationException("The seed is not in the program.");
        var seed = await JsonSerializer.DeserializeAsync<PaperSeed>(stream, Options, cancellationToken) ?? throw new InvalidOperationException("The seed is empty.");
        context.PaperClaims.AddRange(seed.Goals.Select((goal, at) => goal.ToClaim(null, at)));
        foreach (var planted in seed.Papers)
        {
            var paper = new Paper
            {
                Id = Guid.CreateVersion7(now),
                Slug = planted.Slug,
                Title = planted.Title,
                TitleZh = planted.TitleZh,
                Authors = planted.Authors,
                Venue = planted.Venue,
                Url = planted.Url,
                CodeUrl = planted.CodeUrl,
                Summary = planted.Summary,
                SummaryZh = planted.SummaryZh,
                Tags = planted.Tags,
                State = planted.State,
                CallOpen = planted.Call,
                CreatedAt = now,
            };
            context.Papers.Add(paper);
            context.PaperLinks.AddRange(planted.Links.Select(link => new PaperLink { Id = Guid.CreateVersion7(now), PaperId = paper.Id, Kind = link.Kind, Label = link.Label, Url = link.Url }));
            context.PaperClaims.AddRange(planted.Claims.Select((claim, at) => claim.ToClaim(paper.Id, at)));
        }

        await context.SaveChangesAsync(cancellationToken);
    }
}

internal sealed record SeedPaper(
    string Slug, string Title, string TitleZh, string Authors, string Venue, string Url, string CodeUrl, string Tags, PaperState State, string Summary, string SummaryZh,
    IReadOnlyList<SeedLink> Links, IReadOnlyList<SeedClaim> Claims, bool Call = false);

internal sealed record SeedLink(PaperLinkKind Kind, string Label, string Url);

internal sealed record SeedClaim(string Text, string TextZh, string Metric, string MetricZh, double Target, bool LowerIsBetter, string Cost, string CostZh, string NextStep, string NextStepZh)
{
    public PaperClaim ToClaim(Guid? paperId, int order) => new()
    {
        Id = Guid.NewGuid(),
        PaperId = paperId,
        Text = Text,
        TextZh = TextZh,
        Metric = Metric,
        MetricZh = MetricZh,
        Target = Target,
        LowerIsBetter = LowerIsBetter,
        Cost = Cost,
        CostZh = CostZh,
        NextStep = NextStep,
        NextStepZh = NextStepZh,
        Order = order,
    };
}

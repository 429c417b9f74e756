using MiniSora.Web.Localization;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Papers;

/// <summary>A paper in a list.</summary>
public sealed record PaperRow(
    string Slug, string Title, string TitleZh, string Authors, string Venue, PaperState State, PaperAdmission Admission, DateOnly? Week, bool CallOpen,
    string PresenterName, string? PresenterHandle, string Tags, int Notes, int Claims, int Reached)
{
    /// <summary>In the reader's language where there is a title in it.</summary>
    public string Shown => Bilingual.Of(Title, TitleZh);
}

/// <summary>A claim with its owner's name.</summary>
public sealed record ClaimView(PaperClaim Claim, string? OwnerName, string? OwnerHandle)
{
    public string Text => Bilingual.Of(Claim.Text, Claim.TextZh);

    public string Metric => Bilingual.Of(Claim.Metric, Claim.MetricZh);

    public string Cost => Bilingual.Of(Claim.Cost, Claim.CostZh);

    public string NextStep => Bilingual.Of(Claim.NextStep, Claim.NextStepZh);
}

/// <summary>A note; <paramref name="OtherId"/> is the one that says the same in the other language.</summary>
public sealed record NoteView(Guid Id, string Language, string Title, string Markdown, Guid AuthorId, string AuthorName, string AuthorHandle, DateTimeOffset UpdatedAt, Guid PairId, Guid? OtherId, bool MayRemove);

/// <summary>Everything the page of a paper shows.</summary>
public sealed record PaperDetails(
    Paper Paper, string? PresenterName, string? PresenterHandle, bool IsPresenter, bool MayManage,
    IReadOnlyList<PaperLink> Links, IReadOnlyList<NoteView> Notes, IReadOnlyList<ClaimView> Claims)
{
    public string Title => Bilingual.Of(Paper.Title, Paper.TitleZh);

    public string Summary => Bilingual.Of(Paper.Summary, Paper.SummaryZh);
}

/// <summary>What somebody proposes.</summary>
public sealed record PaperProposal(string Title, string Authors, string Venue, string Url, string CodeUrl, string Why, AdmissionRule? Rule, string Evidence);

/// <summary>Answer to something that makes a page: its address's last part, or all reasons against it.</summary>
public sealed record PaperResult(string? Slug, IReadOnlyList<Refusal> Reasons);

/// <summary>Texts that exist in both languages.</summary>
internal static class Bilingual
{
    /// <summary>In the reader's language, or the one there is.</summary>
    public static string Of(string english, string chinese) =>
        Cultures.IsChinese ? (chinese.Length > 0 ? chinese : english) : english.Length > 0 ? english : chinese;
}

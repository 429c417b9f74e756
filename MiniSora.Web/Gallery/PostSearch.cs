using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>
/// Full-text search of posts in English and Chinese: the only class that knows how words are indexed. Chinese has no
/// spaces, so each sign and each pair of neighbours is a word of the index; a word of two signs is found like any other.
/// On SQLite the index is an FTS5 table that triggers keep equal to <see cref="Post.SearchWords"/>; on PostgreSQL it is a GIN
/// index over the same words, taken as they are, without a parser.
/// </summary>
internal static class PostSearch
{
    /// <summary>Most words of a question that are looked at.</summary>
    private const int MostWords = 16;

    /// <summary>The FTS5 table and its triggers. The words themselves stay in Posts.</summary>
    public const string CreateIndex = """
        CREATE VIRTUAL TABLE PostSearch USING fts5(SearchWords, content='Posts', content_rowid='Number', tokenize='unicode61 remove_diacritics 2');
        CREATE TRIGGER PostSearchAdded AFTER INSERT ON Posts BEGIN
          INSERT INTO PostSearch(rowid, SearchWords) VALUES (new.Number, new.SearchWords);
        END;
        CREATE TRIGGER PostSearchRemoved AFTER DELETE ON Posts BEGIN
          INSERT INTO PostSearch(PostSearch, rowid, SearchWords) VALUES ('delete', old.Number, old.SearchWords);
        END;
        CREATE TRIGGER PostSearchChanged AFTER UPDATE OF SearchWords ON Posts BEGIN
          INSERT INTO PostSearch(PostSearch, rowid, SearchWords) VALUES ('delete', old.Number, old.SearchWords);
          INSERT INTO PostSearch(rowid, SearchWords) VALUES (new.Number, new.SearchWords);
        END;
        INSERT INTO PostSearch(PostSearch) VALUES ('rebuild');
        """;

    public const string DropIndex = """
        DROP TRIGGER PostSearchAdded;
        DROP TRIGGER PostSearchRemoved;
        DROP TRIGGER PostSearchChanged;
        DROP TABLE PostSearch;
        """;

    /// <summary>The index on PostgreSQL.</summary>
    public const string CreatePostgresIndex = """
        CREATE INDEX "IX_Posts_SearchWords" ON "Posts" USING gin (array_to_tsvector(string_to_array("SearchWords", ' ')));
        """;

    public const string DropPostgresIndex = """DROP INDEX "IX_Posts_SearchWords";""";

    /// <summary>Words under which a post with these texts is found.</summary>
    public static string Index(params ReadOnlySpan<string> texts)
    {
        var words = new StringBuilder();
        foreach (var text in texts)
        {
            foreach (var word in Words(text))
            {
                if (IsSign(word[0]))
                {
                    for (var at = 0; at < word.Length; at++)
                    {
                        words.Append(word[at]).Append(' ');
                        if (at + 1 < word.Length)
                            words.Append(word, at, 2).Append(' ');
                    }
                }
                else
                {
                    words.Append(word).Append(' ');
                }
            }
        }

        return words.ToString().TrimEnd();
    }

    /// <summary>Leaves the posts in which every word of <paramref name="text"/> occurs; all of them when it has no word.</summary>
    public static IQueryable<Post> Find(MiniSoraDbContext context, IQueryable<Post> posts, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return posts;
        var words = Asked(text);
        if (words.Count == 0)
            return posts.Where(_ => false);
        IQueryable<long> found;
        if (context.IsSqlite())
        {
            var question = string.Join(' ', words.Select(word => $"\"{word.Word}\"{(word.IsBeginning ? "*" : "")}"));
            found = context.Database.SqlQuery<long>($"SELECT rowid AS Value FROM PostSearch WHERE PostSearch MATCH {question}");
        }
        else
        {
            var question = string.Join(" & ", words.Select(word => $"'{word.Word}'{(word.IsBeginning ? ":*" : "")}"));
            found = context.Database.SqlQuery<long>(
                $"""SELECT "Number" AS "Value" FROM "Posts" WHERE array_to_tsvector(string_to_array("SearchWords", ' ')) @@ CAST({question} AS tsquery)""");
        }

        return posts.Where(post => found.Contains(post.Number));
    }

    /// <summary>Indexes posts that were written before there was an index.</summary>
    public static async Task CatchUpAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        while (true)
        {
            var some = await context.Posts.Where(post => post.SearchWords == "")
                .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post, member.DisplayName })
                .OrderBy(old => old.post.Number).Take(500).ToListAsync(cancellationToken);
            if (some.Count == 0)
                return;
            foreach (var old in some)
            {
                // A post of nothing but punctuation has no words; it shall not be looked at for ever.
                var words = Index(old.post.Title, old.post.Prompt, old.DisplayName);
                old.post.SearchWords = words.Length > 0 ? words : "-";
            }

            await context.SaveChangesAsync(cancellationToken);
            context.ChangeTracker.Clear();
        }
    }

    // Letters and digits only: in the language of either index, quoted, they can mean nothing else.
    private static List<(string Word, bool IsBeginning)> Asked(string text)
    {
        var parts = new List<(string, bool)>();
        foreach (var word in Words(text).Take(MostWords))
        {
            if (!IsSign(word[0]))
                parts.Add((word, true));
            else if (word.Length == 1)
                parts.Add((word, false));
            else
                parts.AddRange(Enumerable.Range(0, word.Length - 1).Select(at => (word.Substring(at, 2), false)));
        }

        return parts;
    }

    // Runs of letters and digits, or of signs, in lower case.
    private static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (var c in text.Normalize(NormalizationForm.FormKC))
        {
            var ends = !char.IsLetterOrDigit(c) || (word.Length > 0 && IsSign(c) != IsSign(word[0]));
            if (ends && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            if (char.IsLetterOrDigit(c))
                word.Append(char.ToLower(c, CultureInfo.InvariantCulture));
        }

        if (word.Length > 0)
            yield return word.ToString();
    }

    /// <summary>A sign of a script that is written without spaces.</summary>
    private static bool IsSign(char c) => c is (>= '\u3040' and <= '\u30ff') or (>= '\u3400' and <= '\u9fff') or (>= '\uac00' and <= '\ud7af') or (>= '\uf900' and <= '\ufaff');
}

using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Artifacts;

/// <summary>The bucket cannot be reached, or does not do what it is asked. No word about whether it has a file.</summary>
internal sealed class BucketAwayException(string bucket, Exception? inner)
    : LedgerAwayException($"The bucket '{bucket}' cannot be used: {inner?.Message ?? "it changes its mind"}", inner);

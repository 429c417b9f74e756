namespace MiniSora.Jobs.Runs;

/// <summary>What a ledger keeps files in cannot be reached. Nothing was stored, nothing is lost: whoever reported says it again, for as long as it takes.</summary>
public abstract class LedgerAwayException(string message, Exception? inner) : Exception(message, inner);

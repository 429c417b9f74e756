namespace MiniSora.Soak;

/// <summary>How the chaos is made.</summary>
/// <param name="Minutes">How long processes are killed.</param>
/// <param name="Runs">Runs at least.</param>
/// <param name="Steps">Steps of each.</param>
/// <param name="LeastPause">Seconds between two kills, at least.</param>
/// <param name="MostPause">At most.</param>
/// <param name="Workers">Worker processes on a PostgreSQL queue; 0: the default set-up, the portal executes.</param>
/// <param name="Seed">Of the choice whom to kill and when.</param>
/// <param name="SeededBug">The answers are falsified on their way to the oracle, which must say so.</param>
internal sealed record ChaosOptions(double Minutes, int Runs, int Steps, double LeastPause, double MostPause, int Workers, int Seed, bool SeededBug);

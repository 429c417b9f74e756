using System.Globalization;
using MiniSora.Fuzz;
using MiniSora.Model.Native;

// dotnet run -c Release --project tests/MiniSora.Fuzz -- [--inputs N] [--seed S] [--only FORMAT]
string? Argument(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
var inputs = long.Parse(Argument("--inputs") ?? "10000", NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
var seed = ulong.Parse(Argument("--seed") ?? "1", CultureInfo.InvariantCulture);
TorchRuntime.EnsureLoaded();
// In memory where the system has such a place: hundreds of files a second are written.
var root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
var folder = Directory.CreateDirectory(Path.Combine(root, $"minisora-fuzz-{Environment.ProcessId}")).FullName;
try
{
    var found = 0;
    foreach (var target in Targets.All(folder).Where(target => Argument("--only") is not { } only || target.Name == only))
    {
        var campaign = new Campaign(target, folder);
        campaign.Run(seed, inputs);
        found += campaign.Findings.Count;
    }

    return found == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

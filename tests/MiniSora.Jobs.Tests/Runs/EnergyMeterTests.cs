using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class EnergyMeterTests
{
    private static string Counter(TemporaryFolder folder, string name, string value)
    {
        Directory.CreateDirectory(folder.Combine(name));
        File.WriteAllText(Path.Combine(folder.Combine(name), "max_energy_range_uj"), "10000000\n");
        var file = Path.Combine(folder.Combine(name), "energy_uj");
        File.WriteAllText(file, value);
        return file;
    }

    [Fact]
    public void Packages_are_added_parts_of_them_are_not_and_a_wrap_is_no_loss()
    {
        using var folder = new TemporaryFolder();
        var package = Counter(folder, "intel-rapl:0", "9000000\n");
        var other = Counter(folder, "intel-rapl:1", "0\n");
        var part = Counter(folder, "intel-rapl:0:0", "0\n");
        var meter = EnergyMeter.Start(folder.Path)!;
        File.WriteAllText(package, "1000000\n");
        File.WriteAllText(other, "500000\n");
        File.WriteAllText(part, "700000\n");
        Assert.Equal(2.5, meter.Joules(), 9);
        Assert.Equal(2.5, meter.Joules(), 9);
    }

    [Fact]
    public void Without_counters_there_is_no_meter()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(EnergyMeter.Start(folder.Path));
        Assert.Null(EnergyMeter.Start(folder.Combine("nowhere")));
    }
}

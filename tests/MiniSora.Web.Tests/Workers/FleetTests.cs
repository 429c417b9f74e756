using MiniSora.Jobs.Worker;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Tests.Workers;

public sealed class FleetTests
{
    [Theory]
    [InlineData("80g,8g", "8g,8g", true)]
    [InlineData("80g,8g", "80g,8g", true)]
    [InlineData("80g,8g", "16g,16g", false)]
    [InlineData("24g,24g,cpu", "24g,cpu,8g", true)]
    [InlineData("24g,24g,cpu", "24g,cpu,8g,cpu", false)]
    [InlineData("cpu", "8g", false)]
    public void Runs_fit_when_every_one_finds_a_slot_of_its_class_or_above(string slots, string runs, bool fit) =>
        Assert.Equal(fit, Fleet.HasRoom([.. Classes(slots).Select(memory => new FleetSlot("w", "d", memory))], [.. Classes(runs)]));

    [Fact]
    public void Whoever_leaves_the_device_open_gets_a_gpu_that_is_large_enough_else_the_processor()
    {
        FleetSlot[] small = [new("w", "cuda:0", MemoryClass.G8)];
        Assert.Equal(MemoryClass.G8, Fleet.ClassOf(RunDevice.Open, 6_000_000_000, small));
        Assert.Equal(MemoryClass.Cpu, Fleet.ClassOf(RunDevice.Open, 9_000_000_000, small));
        Assert.Equal(MemoryClass.G16, Fleet.ClassOf(RunDevice.Gpu, 9_000_000_000, small));
        Assert.Equal(MemoryClass.Cpu, Fleet.ClassOf(RunDevice.Cpu, 9_000_000_000, small));
        Assert.Equal(MemoryClass.Cpu, Fleet.ClassOf(RunDevice.Open, 1, [new(null, "auto", MemoryClass.G80)]));
    }

    [Fact]
    public void A_slot_takes_its_own_class_and_smaller_ones()
    {
        Assert.Equal(["24g", "16g", "8g", "cpu"], MemoryClasses.QueuesOf(MemoryClass.G24));
        Assert.Equal(MemoryClass.G24, MemoryClasses.OfCard(25_757_220_864));
        Assert.Equal(MemoryClass.Cpu, MemoryClasses.OfCard(4_000_000_000));
        Assert.All(MemoryClasses.All, memory => Assert.Equal(memory, MemoryClasses.Parse(MemoryClasses.NameOf(memory))));
    }

    private static IEnumerable<MemoryClass> Classes(string names) => names.Split(',').Select(name => MemoryClasses.Parse(name)!.Value);
}

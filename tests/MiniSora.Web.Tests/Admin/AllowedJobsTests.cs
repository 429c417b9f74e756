using Hangfire.Common;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Admin;

namespace MiniSora.Web.Tests.Admin;

public sealed class AllowedJobsTests
{
    [Fact]
    public void Only_the_one_method_may_execute()
    {
        Assert.True(AllowedJobs.Allows(Job.FromExpression<RunJob>(job => job.ExecuteAsync(Guid.Empty, CancellationToken.None))));
        Assert.False(AllowedJobs.Allows(Job.FromExpression(() => File.Delete("portal.db"))));
    }

    [Fact]
    public async Task Weights_are_for_administrators_and_change_the_queue()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, root) = (await backend.MemberAsync("mei"), await backend.MemberAsync("root", administrator: true));
        var shares = backend.Get<MemberAdministration>();
        Assert.Equal("not_found", (await shares.SetWeightAsync(mei.MemberId!.Value, 2, mei, CancellationToken.None))!.Code);
        Assert.Empty(await shares.ListAsync("", mei, CancellationToken.None));
        Assert.Equal("weight_out_of_range", (await shares.SetWeightAsync(mei.MemberId.Value, 0, root, CancellationToken.None))!.Code);
        Assert.Null(await shares.SetWeightAsync(mei.MemberId.Value, 2, root, CancellationToken.None));
        Assert.Equal(2, (await shares.ListAsync("", root, CancellationToken.None)).Single(line => line.Name == "mei").Weight);
    }
}

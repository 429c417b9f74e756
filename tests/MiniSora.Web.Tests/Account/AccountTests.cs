using MiniSora.Web.Account;

namespace MiniSora.Web.Tests.Account;

public sealed class AccountTests
{
    [Theory]
    [InlineData("http://localhost:5080", true)]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://+:5080", false)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://192.168.1.4:5080", false)]
    public void Only_addresses_of_this_machine_are_loopback(string address, bool loopback) =>
        Assert.Equal(loopback, ListeningAddresses.IsLoopback(address));

    [Fact]
    public async Task There_is_one_demo_member_however_often_it_is_asked_for()
    {
        await using var backend = await Backend.StartAsync();
        var demo = backend.Get<DemoMember>();
        Assert.True(demo.IsOffered);
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => demo.GetAsync(CancellationToken.None)));
        Assert.Single(ids.Select(member => member.Id).Distinct());
    }

    [Fact]
    public async Task There_is_no_demo_member_in_production()
    {
        await using var backend = await Backend.StartAsync(null, ("environment", "Production"));
        Assert.False(backend.Get<DemoMember>().IsOffered);
        await Assert.ThrowsAsync<InvalidOperationException>(() => backend.Get<DemoMember>().GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_first_administrators_link_works_once()
    {
        await using var backend = await Backend.StartAsync();
        var first = backend.Get<FirstAdministrator>();
        var token = await first.IssueAsync(CancellationToken.None);
        Assert.False(await first.IsValidAsync("guess", CancellationToken.None));
        Assert.True(await first.IsValidAsync(token, CancellationToken.None));
        Assert.Contains("PasswordTooShort", await first.CreateAsync(token, "a@b.cd", "Ada", "short", CancellationToken.None));
        Assert.True(await first.IsValidAsync(token, CancellationToken.None));
        Assert.Empty(await first.CreateAsync(token, "a@b.cd", "Ada", "long enough for this", CancellationToken.None));
        Assert.Equal(["token_invalid"], await first.CreateAsync(token, "e@f.gh", "Eve", "long enough for this", CancellationToken.None));
    }

    [Fact]
    public async Task The_first_administrators_link_expires_and_is_kept_as_a_hash()
    {
        await using var backend = await Backend.StartAsync();
        var first = backend.Get<FirstAdministrator>();
        var token = await first.IssueAsync(CancellationToken.None);
        await using var db = await backend.DbAsync();
        Assert.NotEqual(token, Assert.Single(db.FirstAdministratorTokens).Hash);
        backend.Clock.Advance(FirstAdministrator.Life);
        Assert.False(await first.IsValidAsync(token, CancellationToken.None));
    }
}

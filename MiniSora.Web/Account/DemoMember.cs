namespace MiniSora.Web.Account;

/// <summary>The account behind "Try it as demo member".</summary>
public sealed class DemoMember
{
    /// <summary>Outside production and where the portal listens on loopback addresses alone.</summary>
    public bool IsOffered => throw new NotImplementedException();

    /// <summary>The account, made on first use; sign it in with <c>SignInManager.SignInAsync</c>. Throws when it is not offered.</summary>
    public Task<Member> GetAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}

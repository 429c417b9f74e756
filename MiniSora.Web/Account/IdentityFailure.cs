using Microsoft.AspNetCore.Identity;

namespace MiniSora.Web.Account;

/// <summary>Identity refused something that no person typed: a fault of ours.</summary>
internal static class IdentityFailure
{
    public static void ThrowUnless(IdentityResult result)
    {
        if (!result.Succeeded)
            throw new InvalidOperationException(string.Join(" ", result.Errors.Select(error => error.Description)));
    }
}

using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.ValueGeneration;

namespace MiniSora.Web.Account;

/// <summary>Gives a new member the name of their address: letters and digits of the display name, numbered where somebody has it already.</summary>
internal sealed class MemberHandle : ValueGenerator<string>
{
    private const int Longest = 40;

    public override bool GeneratesTemporaryValues => false;

    public override string Next(EntityEntry entry)
    {
        var basis = Of(((Member)entry.Entity).DisplayName);
        var members = entry.Context.Set<Member>();
        for (var number = 1; ; number++)
        {
            var handle = number == 1 ? basis : string.Create(CultureInfo.InvariantCulture, $"{basis}-{number}");
            if (!members.Local.Any(member => member.Handle == handle) && !members.AsNoTracking().Any(member => member.Handle == handle))
                return handle;
        }
    }

    /// <summary>E.g. <c>lin-xiao</c> or <c>林晓</c>; <c>member</c> where nothing of the name can stand in an address.</summary>
    internal static string Of(string displayName)
    {
        var handle = new StringBuilder();
        foreach (var c in displayName.Normalize(NormalizationForm.FormKC))
        {
            if (char.IsLetterOrDigit(c))
                handle.Append(char.ToLower(c, CultureInfo.InvariantCulture));
            else if (handle.Length > 0 && handle[^1] != '-')
                handle.Append('-');
            if (handle.Length >= Longest)
                break;
        }

        var text = handle.ToString().Trim('-');
        return text.Length == 0 ? "member" : text;
    }
}

internal sealed class MemberConfiguration : IEntityTypeConfiguration<Member>
{
    public void Configure(EntityTypeBuilder<Member> builder)
    {
        builder.Property(member => member.Handle).HasMaxLength(60).HasValueGenerator<MemberHandle>().ValueGeneratedOnAdd().HasSentinel("");
        builder.Property(member => member.About).HasMaxLength(2000);
        builder.HasIndex(member => member.Handle).IsUnique();
    }
}

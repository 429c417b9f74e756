using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Webhooks;

/// <summary>Whose robot listens: each wants its own shape of message.</summary>
public enum WebhookKind
{
    /// <summary>A group robot of WeChat Work (企业微信群机器人).</summary>
    WeChatWork,

    /// <summary>A custom bot of Feishu or Lark (飞书自定义机器人).</summary>
    Feishu,

    /// <summary>A webhook of a Discord channel.</summary>
    Discord,
}

/// <summary>A chat that is told what happens: to one member, or in the community.</summary>
public sealed class Webhook
{
    /// <summary>Longest address, in characters.</summary>
    public const int MaxUrl = 500;

    /// <summary>Longest secret, in characters.</summary>
    public const int MaxSecret = 200;

    public Guid Id { get; init; }

    /// <summary>Whose notices it gets; null for one of the community.</summary>
    public Guid? OwnerId { get; init; }

    public WebhookKind Kind { get; init; }

    /// <summary>The address, encrypted: whoever knows it may write into the chat.</summary>
    public string SealedUrl { get; init; } = "";

    /// <summary>What messages are signed with, encrypted; empty where they are not.</summary>
    public string SealedSecret { get; init; } = "";

    /// <summary>Host and last characters of the address, by which its owner tells it from others.</summary>
    public string Shown { get; init; } = "";

    /// <summary>Language of the messages, <c>en</c> or <c>zh-CN</c>.</summary>
    public string Language { get; init; } = "";

    /// <summary>Names of <see cref="WebhookEvents"/>, separated by blanks.</summary>
    public string Events { get; init; } = "";

    /// <summary>Where this portal was when the webhook was added, e.g. <c>https://minisora.example</c>: links in messages begin with it, unless the settings say where it is.</summary>
    public string Site { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DeliveredAt { get; set; }

    public DateTimeOffset? FailedAt { get; set; }

    /// <summary>What the last failure said.</summary>
    public string LastError { get; set; } = "";

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; set; }

    /// <summary>Nothing is sent before: it failed, or asked for patience.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>When it was switched off for its failures.</summary>
    public DateTimeOffset? OffAt { get; set; }
}

/// <summary>Where a message is on its way.</summary>
public enum DeliveryState
{
    /// <summary>It is to be sent.</summary>
    Waiting,

    /// <summary>It is being sent. Found so after a start, nobody knows whether it arrived.</summary>
    Sending,

    /// <summary>The other side said that it has it.</summary>
    Sent,

    /// <summary>No answer came: it may have arrived, so it is not sent again.</summary>
    Unknown,

    /// <summary>The other side did not take it.</summary>
    GivenUp,
}

/// <summary>One message to one webhook. Written in the transaction in which it happened; kept for a while, so that nothing is said twice.</summary>
public sealed class WebhookDelivery
{
    public Guid Id { get; init; }

    public Guid WebhookId { get; init; }

    /// <summary>What happened, the same however often it is announced.</summary>
    public string Key { get; init; } = "";

    /// <summary>One of <see cref="WebhookEvents"/>, or <c>notice:kind</c>.</summary>
    public string Event { get; init; } = "";

    public string Who { get; init; } = "";

    public string What { get; init; } = "";

    /// <summary>A path of this portal.</summary>
    public string Url { get; init; } = "";

    /// <summary>Time that it is about, e.g. when a roundtable starts.</summary>
    public DateTimeOffset? When { get; init; }

    public DateTimeOffset At { get; init; }

    public DeliveryState State { get; set; }

    public int Tries { get; set; }
}

internal sealed class WebhookConfiguration : IEntityTypeConfiguration<Webhook>
{
    public void Configure(EntityTypeBuilder<Webhook> builder)
    {
        builder.HasKey(webhook => webhook.Id);
        builder.Property(webhook => webhook.Kind).HasConversion<string>().HasMaxLength(16);
        builder.Property(webhook => webhook.Language).HasMaxLength(8);
        builder.HasIndex(webhook => webhook.OwnerId);
        builder.HasOne<Member>().WithMany().HasForeignKey(webhook => webhook.OwnerId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class WebhookDeliveryConfiguration : IEntityTypeConfiguration<WebhookDelivery>
{
    public void Configure(EntityTypeBuilder<WebhookDelivery> builder)
    {
        builder.HasKey(delivery => delivery.Id);
        builder.Property(delivery => delivery.Key).HasMaxLength(120);
        builder.Property(delivery => delivery.Event).HasMaxLength(48);
        builder.Property(delivery => delivery.State).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(delivery => new { delivery.WebhookId, delivery.Key }).IsUnique();
        builder.HasIndex(delivery => new { delivery.State, delivery.WebhookId });
        builder.HasOne<Webhook>().WithMany().HasForeignKey(delivery => delivery.WebhookId).OnDelete(DeleteBehavior.Cascade);
    }
}

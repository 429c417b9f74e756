using System.Net;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Webhooks;

public sealed class WebhookMessageTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_599_360_473);

    [Fact]
    public void Each_kind_of_chat_gets_its_shape_and_no_title_is_read_as_markup()
    {
        string Of(WebhookKind kind, string language = "en", string secret = "") =>
            WebhookMessage.Text(WebhookMessage.Body(kind, "A <at user_id=\"all\"> @everyone", "https://a.example/p", language, secret, Now));

        Assert.Equal("""{"msgtype":"text","text":{"content":"A <at user_id=\"all\"> @everyone\nhttps://a.example/p"}}""", Of(WebhookKind.WeChatWork));
        Assert.Equal(
            """{"embeds":[{"title":"A <at user_id=\"all\"> @everyone","url":"https://a.example/p"}],"allowed_mentions":{"parse":[]}}""", Of(WebhookKind.Discord));
        const string Post = """[[{"tag":"text","text":"A <at user_id=\"all\"> @everyone "},{"tag":"a","text":"https://a.example/p","href":"https://a.example/p"}]]""";
        Assert.Equal("""{"msg_type":"post","content":{"post":{"en_us":{"title":"MiniSora","content":""" + Post + "}}}}", Of(WebhookKind.Feishu));
        // The signature was computed by another program.
        Assert.Equal(
            """{"timestamp":"1599360473","sign":"QQHOl6fWr0/7EF26jw8goDL6Cc0vHLHZYLDituMJB4s=","msg_type":"post","content":{"post":{"zh_cn":{"title":"MiniSora","content":""" + Post + "}}}}",
            Of(WebhookKind.Feishu, "zh-CN", "s3cret"));
    }

    [Theory]
    [InlineData(WebhookKind.WeChatWork, 200, """{"errcode":0,"errmsg":"ok"}""", WebhookOutcome.Delivered, null)]
    [InlineData(WebhookKind.WeChatWork, 200, """{"errcode":93000,"errmsg":"invalid webhook url"}""", WebhookOutcome.Refused, null)]
    [InlineData(WebhookKind.WeChatWork, 200, """{"errcode":45009,"errmsg":"api freq out of limit"}""", WebhookOutcome.Limited, 60.0)]
    [InlineData(WebhookKind.WeChatWork, 200, "<html>", WebhookOutcome.Refused, null)]
    [InlineData(WebhookKind.Feishu, 200, """{"StatusCode":0,"StatusMessage":"success"}""", WebhookOutcome.Delivered, null)]
    [InlineData(WebhookKind.Feishu, 200, """{"code":0,"msg":"success"}""", WebhookOutcome.Delivered, null)]
    [InlineData(WebhookKind.Feishu, 200, """{"code":19021,"msg":"sign match fail"}""", WebhookOutcome.Refused, null)]
    [InlineData(WebhookKind.Feishu, 400, """{"code":9499,"msg":"Bad Request"}""", WebhookOutcome.Refused, null)]
    [InlineData(WebhookKind.Feishu, 200, """{"code":11232,"msg":"frequency limited psm"}""", WebhookOutcome.Limited, 60.0)]
    [InlineData(WebhookKind.Discord, 204, "", WebhookOutcome.Delivered, null)]
    [InlineData(WebhookKind.Discord, 429, """{"message":"You are being rate limited.","retry_after":1.5}""", WebhookOutcome.Limited, 1.5)]
    [InlineData(WebhookKind.Discord, 429, "", WebhookOutcome.Limited, 7.0)]
    [InlineData(WebhookKind.Discord, 404, """{"message":"Unknown Webhook"}""", WebhookOutcome.Refused, null)]
    [InlineData(WebhookKind.Discord, 302, "", WebhookOutcome.Refused, null)]
    internal void An_answer_is_read_as_its_service_means_it(WebhookKind kind, int status, string content, WebhookOutcome outcome, double? wait)
    {
        var answer = WebhookMessage.Read(kind, (HttpStatusCode)status, TimeSpan.FromSeconds(7), content);
        Assert.Equal(outcome, answer.Outcome);
        Assert.Equal(wait, answer.RetryAfter?.TotalSeconds);
        Assert.StartsWith(status.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Said, StringComparison.Ordinal);
    }
}

#include "server/text/auto_reply.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/text/normalise.h"

namespace levee::text {
namespace {

using enum AutoReplyKind;

const AutoReplyModel& Model() {
  static const auto* const kModel =
      new absl::StatusOr<AutoReplyModel>(AutoReplyModel::Open());
  return kModel->value();
}

AutoReply Judge(std::string_view subject, std::string_view body,
                const std::vector<MailHeader>& headers = {}) {
  Normalised message;
  Normalise(subject, body, &message);
  return Model().Judge(message, headers);
}

struct Case {
  AutoReplyKind kind;
  std::string_view subject;
  std::string_view body;
};

TEST(AutoReply, IsKnownByItsWords) {
  const Case cases[] = {
      {kOutOfOffice, "Automatic reply: [#8812] Your server",
       "I am out of the office until Monday, 4 May. For urgent matters please "
       "contact my colleague Jana."},
      {kOutOfOffice, "Out of Office: Re: Invoice 2231",
       "Hello,\n\nI will be out of the office from 3 to 14 August with limited "
       "access to my email. I will return on 17 August."},
      {kOutOfOffice, "Out of office",
       "Thank you for your message. I'm currently out of the office and will "
       "be back on 12 June. I have no access to email."},
      {kOutOfOffice, "Re: Ticket 5571",
       "I'm on annual leave until 9 January and will not be checking email. "
       "In urgent cases call the front desk."},
      {kOutOfOffice, "",
       "I am currently away from my desk and will be back on Tuesday. I will "
       "respond to your email when I return."},
      {kOutOfOffice, "Automatische Antwort: Ihre Anfrage",
       "Ich bin bis zum 12.08. nicht im Büro. In dringenden Fällen wenden Sie "
       "sich bitte an Frau Kern."},
      {kOutOfOffice, "Abwesenheitsnotiz: Re: Ticket",
       "Sehr geehrte Damen und Herren,\nich bin ab dem 3. Mai im Urlaub. Ihre "
       "E-Mail wird nicht weitergeleitet."},
      {kOutOfOffice, "Réponse automatique : votre ticket",
       "Bonjour,\nje suis actuellement en congés. En cas d'urgence, merci de "
       "contacter le standard."},
      {kOutOfOffice, "Respuesta automática: Factura",
       "Estoy fuera de la oficina hasta el 2 de julio. En caso de urgencia "
       "llame al número principal."},
      {kOutOfOffice, "Автоответ: счёт", "Здравствуйте, я в отпуске до 5 мая."},
      {kOutOfOffice, "自动回复：工单 8812",
       "您好，我正在休假，5月8日返岗，如有急事请联系同事小周。"},
      {kOutOfOffice, "自动回复: Re: 您的服务器",
       "我目前不在办公室，回来后会尽快回复您的邮件。"},
      {kOutOfOffice, "不在办公室",
       "本人外出，9月3日至9月10日期间无法及时查收邮件，紧急情况请联系前台。"},
      {kDeliveryFailure, "Undelivered Mail Returned to Sender",
       "This is the mail system at host mx1.lanternhill.example.\n\nI'm sorry "
       "to have to inform you that your message could not be delivered to one "
       "or more recipients."},
      {kDeliveryFailure, "Mail delivery failed: returning message to sender",
       "This message was created automatically by mail delivery software.\n\n"
       "A message that you sent could not be delivered."},
      {kDeliveryFailure, "Undeliverable: [#771] Your order",
       "Your message to anna@orchard.example couldn't be delivered.\nanna "
       "wasn't found at orchard.example."},
      {kDeliveryFailure, "Delivery Status Notification (Failure)",
       "Address not found\n\nYour message wasn't delivered to "
       "j.weber@quietfox.example because the address couldn't be found."},
      {kDeliveryFailure, "failure notice",
       "Hi. This is the qmail-send program at mail.pinewood.example.\nI'm "
       "afraid I wasn't able to deliver your message."},
      {kDeliveryFailure, "Unzustellbar: Ihre Rechnung",
       "Diese Nachricht wurde automatisch vom Mailserver erzeugt.\nIhre "
       "Nachricht konnte nicht zugestellt werden."},
      {kDeliveryFailure, "系统退信",
       "抱歉，您的邮件被退回来了……\n收件人邮件地址不存在。"},
      {kDeliveryFailure, "Returned mail: see transcript for details", ""},
      {kAcknowledgement, "[Ticket Received] Your server",
       "Hi,\nWe have received your request and will get back to you within 24 "
       "hours. Your ticket ID is 88123."},
      {kAcknowledgement, "Re: [#8812]",
       "Thank you for contacting Nimbus Support. This is an automated "
       "response. "
       "Please do not reply to this email."},
      {kAcknowledgement, "",
       "Dear customer,\nyour ticket has been created. A support representative "
       "will review it shortly. Please do not reply to this message."},
      {kAcknowledgement, "Automatic reply: Re: invoice",
       "Thank you for your message. Accounts are handled on Wednesdays."},
      {kAcknowledgement, "Your request has been received (#40012)",
       "A ticket was opened for you. This mailbox is not monitored."},
      {kAcknowledgement, "Eingangsbestätigung",
       "Vielen Dank für Ihre Anfrage. Diese Nachricht wurde automatisch "
       "erstellt, bitte antworten Sie nicht darauf."},
      {kAcknowledgement, "自动回复：合作",
       "您的来信已收到，我们将在两个工作日内回复。"},
      {kAcknowledgement, "",
       "感谢您的来信！此邮件由系统自动发送，请勿直接回复。"},
      {kLoop, "Automatic reply: Automatic reply: [#12] hello",
       "I am out of the office."},
      {kLoop, "自动回复：自动回复：你好", "您好，邮件已收到。"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Judge(c.subject, c.body).kind, c.kind)
        << c.subject << " # " << c.body;
  }
}

// What customers write of such things themselves.
TEST(AutoReply, IsNotWhatPeopleWriteAboutIt) {
  const Case cases[] = {
      {kNone, "Out of office",
       "How do I set up an out of office reply in the "
       "webmail? I'm on vacation from Monday."},
      {kNone, "Out of office: how?", "Where is the autoresponder in cPanel?"},
      {kNone, "Automatic reply not sent",
       "My automatic reply is on, but nobody gets it. I am out of the office "
       "next week, so please fix it until Friday."},
      {kNone, "Autoresponder",
       "Please switch on an autoresponder for info@: "
       "\"We have received your message and will reply within 24 hours.\""},
      {kNone, "Undeliverable mails",
       "Since yesterday all mails to hotmail come back as undeliverable. What "
       "happened to the IP's reputation?"},
      {kNone, "Mail delivery failed",
       "Hi, I get this whenever I write to my accountant:\n\nThis message was "
       "created automatically by mail delivery software.\nA message that you "
       "sent could not be delivered to one or more of its recipients."},
      {kNone, "Bounces",
       "Please look at this bounce. Delivery to the following "
       "recipient failed permanently: jo@orchard.example"},
      {kNone, "Delivery failure on port 25",
       "We can't send anything since noon, the queue is at 800 mails."},
      {kNone, "Re: Ticket 5571",
       "Thank you for your message. It works now, please close the ticket."},
      {kNone, "Re: Ticket 5571",
       "Thank you for contacting me so quickly. Please fix it as soon as "
       "possible, the shop is down."},
      {kNone, "", "We have received your invoice twice. Which one is right?"},
      {kNone, "", "I have received your message and will pay tomorrow."},
      {kNone, "Server move",
       "I'm out of office until Monday, so please don't move the server "
       "before then. Could you do it on Tuesday?"},
      {kNone, "",
       "Thanks for your email. I am on holiday until Friday, can the "
       "migration wait?"},
      {kNone, "Your automated reply",
       "I don't want an automated response, I want a human! My server has been "
       "off for 5 hours."},
      {kNone, "Thank you for your email",
       "but it does not answer my question: which plan includes backups?"},
      {kNone, "Ticket received?", "Did you get my ticket of yesterday?"},
      {kNone, "noreply address",
       "Your mails say do not reply to this email. So "
       "where do I reply to?"},
      {kNone, "Abwesenheitsnotiz",
       "Wie richte ich eine Abwesenheitsnotiz im Webmail ein? Ich bin ab dem "
       "3. "
       "im Urlaub."},
      {kNone, "自动回复", "企业邮箱怎么设置自动回复？我下周休假。"},
      {kNone, "自动回复不生效", "设置了自动回复但是对方收不到，请检查。"},
      {kNone, "退信", "发给客户的邮件一直退信，帮忙看看是不是IP进了黑名单。"},
      {kNone, "", "已收到您的回复，但是问题还在，请尽快处理。"},
      {kNone, "", "您的邮件已收到，附件打不开，能重新发一下吗？"},
      {kNone, "出差", "我出差了，手机收不到验证码，能换成邮箱验证吗？"},
      {kNone, "请尽快回复", "工单三天没人理，只有系统自动回复，请尽快回复！"},
      {kNone, "", ""},
      {kNone, "Re:", ""},
      {kNone, "502", "server down"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Judge(c.subject, c.body).kind, c.kind)
        << c.subject << " # " << c.body;
  }
}

struct HeaderCase {
  AutoReplyKind kind;
  std::vector<MailHeader> headers;
};

TEST(AutoReply, IsKnownByItsHeaders) {
  const HeaderCase cases[] = {
      {kAcknowledgement, {{"Auto-Submitted", "auto-replied"}}},
      {kAcknowledgement, {{"AUTO-SUBMITTED", " Auto-Generated "}}},
      {kAcknowledgement, {{"auto-submitted", "auto-replied (vacation)"}}},
      {kNone, {{"Auto-Submitted", "no"}}},
      {kNone, {{"Auto-Submitted", "No; reason=person"}}},
      {kNone, {{"Auto-Submitted", ""}}},
      {kAcknowledgement, {{"X-Autoreply", "yes"}}},
      {kNone, {{"X-Autoreply", "no"}}},
      {kAcknowledgement, {{"X-Autorespond", "hello"}}},
      {kAcknowledgement, {{"Precedence", "auto_reply"}}},
      {kBulk, {{"Precedence", "bulk"}}},
      {kBulk, {{"precedence", "LIST"}}},
      {kBulk, {{"Precedence", "junk"}}},
      {kNone, {{"Precedence", "normal"}}},
      {kBulk, {{"List-Id", "Ops <ops.lists.example>"}}},
      // Some send it with every mail.
      {kNone, {{"X-Auto-Response-Suppress", "All"}}},
      {kAcknowledgement, {{"Return-Path", "<>"}}},
      {kNone, {{"Return-Path", "<anna@orchard.example>"}}},
      {kDeliveryFailure, {{"Return-Path", "<MAILER-DAEMON@mx.example>"}}},
      {kDeliveryFailure, {{"X-Failed-Recipients", "jo@orchard.example"}}},
      {kDeliveryFailure,
       {{"Content-Type",
         "multipart/report; report-type=delivery-status; boundary=x"}}},
      {kAcknowledgement,
       {{"Content-Type",
         "multipart/report; report-type=disposition-notification"}}},
      {kNone, {{"Content-Type", "multipart/alternative; boundary=x"}}},
      {kLoop, {{"X-Loop", "support@nimbus.example"}}},
      {kLoop,
       {{"X-Loop", "support@nimbus.example"},
        {"X-Failed-Recipients", "jo@orchard.example"}}},
      {kDeliveryFailure,
       {{"Auto-Submitted", "auto-replied"},
        {"X-Failed-Recipients", "jo@orchard.example"}}},
      {kNone, {{"Subject", "auto-replied"}, {"X-Mailer", "bulk"}}},
      {kNone, {{"", ""}, {"X-Loop", ""}}},
  };
  for (const HeaderCase& c : cases) {
    const AutoReply reply = Judge("Re: Ticket 5571", "It works.", c.headers);
    EXPECT_EQ(reply.kind, c.kind)
        << c.headers[0].first << ": " << c.headers[0].second;
    EXPECT_EQ(reply.span.begin, reply.span.end);
  }
}

TEST(AutoReply, WordsTellTheKindOfWhatHeadersCallAutomatic) {
  const std::vector<MailHeader> replied = {{"Auto-Submitted", "auto-replied"}};
  EXPECT_EQ(Judge("Re: x", "I'm on vacation.", replied).kind, kOutOfOffice);
  EXPECT_EQ(Judge("Undeliverable: x", "", replied).kind, kDeliveryFailure);
  // Each alone is no proof.
  const std::vector<MailHeader> suppress = {
      {"X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"}};
  EXPECT_EQ(Judge("Re: x", "I'm on vacation.").kind, kNone);
  EXPECT_EQ(Judge("Re: x", "I'm on vacation.", suppress).kind, kOutOfOffice);
}

TEST(AutoReply, HeadersBeyondTheBoundAreNotLookedAt) {
  std::vector<MailHeader> headers(kMailHeadersMax, {"Received", "from x"});
  headers.emplace_back("X-Loop", "y");
  EXPECT_EQ(Judge("a", "b", headers).kind, kNone);
  headers.erase(headers.begin());
  EXPECT_EQ(Judge("a", "b", headers).kind, kLoop);
}

TEST(AutoReply, SpanIsTheWordsThatSaySo) {
  const std::string_view subject = "Re: Out of Office: invoice";
  const AutoReply by_subject =
      Judge(subject,
            "I am out of the office until 3 May and have no access to mail.");
  ASSERT_EQ(by_subject.kind, kOutOfOffice);
  EXPECT_TRUE(by_subject.span.subject);
  EXPECT_EQ(subject.substr(by_subject.span.begin,
                           by_subject.span.end - by_subject.span.begin),
            "Out of Office");
  const std::string_view body = "您好，\n感谢您的来信！此邮件由系统自动发送。";
  const AutoReply by_body = Judge("", body);
  ASSERT_EQ(by_body.kind, kAcknowledgement);
  EXPECT_FALSE(by_body.span.subject);
  EXPECT_EQ(
      body.substr(by_body.span.begin, by_body.span.end - by_body.span.begin),
      "感谢您的来信");
}

TEST(AutoReply, AnythingIsRead) {
  const uint32_t seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  static constexpr std::string_view kPieces[] = {"Re:",
                                                 "Automatic reply",
                                                 ": ",
                                                 "自动回复",
                                                 "out of office",
                                                 "?",
                                                 "\n",
                                                 " ",
                                                 "I am on leave",
                                                 "until 3 May",
                                                 "re ",
                                                 "[#1] ",
                                                 "\xF0\x9F\x98\x80",
                                                 "do not reply to this",
                                                 "系统退信",
                                                 "https://a.example ",
                                                 ".",
                                                 "e\u0301"};
  for (int round = 0; round < 5'000; ++round) {
    std::string parts[2];
    for (std::string& part : parts) {
      for (int i = static_cast<int>(random() % 12); i > 0; --i) {
        part += kPieces[random() % std::size(kPieces)];
      }
    }
    const AutoReply reply = Judge(parts[0], parts[1]);
    const std::string& of = parts[reply.span.subject ? 0 : 1];
    ASSERT_LE(reply.span.begin, reply.span.end);
    ASSERT_LE(reply.span.end, of.size()) << parts[0] << " # " << parts[1];
  }
}

TEST(AutoReply, RefusesALexiconThatIsNone) {
  EXPECT_EQ(AutoReplyModel::Open("away 1: away", "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace levee::text

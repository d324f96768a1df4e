#include "server/text/normalise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "server/text/facts.h"
#include "server/text/key_table.h"
#include "tests/server/text/show_words.h"

namespace levee::text {
namespace {

std::string Repeat(std::string_view what, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += what;
  return repeated;
}

Normalised Read(std::string_view body, std::string_view subject = "") {
  Normalised message;
  Normalise(subject, body, &message);
  return message;
}

// The words of a body; the line end behind the empty subject is left out.
std::string WordsOf(std::string_view body) {
  const std::string shown = ShowWords(Read(body));
  return shown.size() < 2 ? "" : shown.substr(2);
}

// What of a body is not the writer's own words, and why: T technical, L link,
// Q quoted, S signature.
std::string PlacesOf(std::string_view body) {
  const Normalised message = Read(body);
  std::string shown;
  for (uint32_t at = message.body_first; at < message.points.size();) {
    const Place place = message.points[at].place;
    uint32_t end = at;
    while (end < message.points.size() && message.points[end].place == place) {
      ++end;
    }
    if (place != Place::kWords) {
      const Span span = message.SpanOf(at, end);
      if (!shown.empty()) shown += ' ';
      shown += "wTLQS"[static_cast<size_t>(place)];
      shown += '[';
      shown += body.substr(span.begin, span.end - span.begin);
      shown += ']';
    }
    at = end;
  }
  std::replace(shown.begin(), shown.end(), '\n', '|');
  return shown;
}

struct Case {
  std::string_view body;
  std::string_view words;
};

TEST(Words, AreCalledWhatTheyAre) {
  const Case cases[] = {
      {"", ""},
      {"Server DOWN", "server down"},
      {"You're don’t state-of-the-art", "youre dont stateoftheart"},
      {"one, two; (three) - four", "one , two , three , four"},
      {"Stop. Now!\n\nGo?!", "stop . now . go ."},
      {"max_allowed_packet and/or", "max allowed packet and , or"},
      {"1,000.50 at 12:30, 42", "#1,000.50 at #12:30 , #42"},
      {"服务器挂了，退款！", "服务器挂了 , 退款 ."},
      {"我的VPS连不上", "我的 vps 连不上"},
      {"привет 日本語テスト", "привет 日本语 テスト"},
      {"👍👍 ok", "👍 👍 ok"},
      {"web01 500mb 3rd", "~weboi ~soomb ~erd"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

TEST(Words, AreHashedByTheirLetters) {
  const Normalised message =
      Read("Hello, f*ck vps1 12.5 傻逼 🐎 привет f u c k");
  for (const Word& word : message.words) {
    const bool letterwise =
        word.kind == WordKind::kHan || word.kind == WordKind::kEmoji;
    const auto letters = absl::MakeConstSpan(message.letters)
                             .subspan(word.begin, word.end - word.begin);
    EXPECT_EQ(word.hash, letterwise || letters.empty() ? 0 : HashOf(letters))
        << word.first;
  }
}

TEST(Folding, UndoesStyles) {
  const Case cases[] = {
      {"ＳＢ　ＦＵＣＫ", "sb fuck"},
      {"𝔣𝔲𝔠𝔨 𝕗𝕦𝕔𝕜 𝐟𝐮𝐜𝐤", "fuck! fuck! fuck!"},
      {"ⓕⓤⓒⓚ 🅵🆄🅲🅺 ⒮⒝ ꜰᴜᴄᴋ", "fuck! fuck! sb! fuck!"},
      {"f̶u̶c̶k̶", "fuck!"},
      {"fu\u200Bck fu\u200Dck 傻\u2060逼", "fuck! fuck! 傻逼!"},
      {"ﬁle ① ² Straße", "file #1! #2 strasse"},
      {"繁體中文請問伺服器", "繁体中文请问伺服器"},
      {"ℌello", "hello!"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

TEST(Folding, ComposesMarks) {
  EXPECT_EQ(WordsOf("e\u0301 u\u0308 e\u0323\u0302"), "é ü ệ");
  // A stressed vowel; what is heaped on it.
  EXPECT_EQ(WordsOf("за\u0301мок"), "замок");
  EXPECT_EQ(WordsOf("f" + Repeat("\u0335\u0336\u0337", 20) + "oo"), "foo!");
  EXPECT_EQ(WordsOf("o" + Repeat("\u0321", 9) + "k"), "ok!");
  // Nothing for a mark to stand on.
  EXPECT_EQ(WordsOf("\u0301 x"), "x");
  EXPECT_EQ(WordsOf("ı\u0307dıot"), "idıot");
}

TEST(LookAlikes, StandForLatinLettersAmongLatinOnes) {
  const Case cases[] = {
      {"shіt аrsе clοwn", "shit! arse! clown!"},
      {"ІDIOT mоrоn fuск", "idiot! moron! fuck!"},
      {"VPS-ка д'Артаньян кое-что", "vps ка дартаньян коечто"},
      {"VPSники", "vps ники"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

TEST(SpelledOut, OneWordIsMadeOfItsLetters) {
  const Case cases[] = {
      {"f u c k you", "fuck! you"},
      {"i d i o t s are", "idiots! are"},
      {"s.h.i.t. f.u.c.k", "shit! . fuck!"},
      {"s-h-i-t t_w_a_t c*n*t", "shit! twat! cnt!"},
      {"R. E. B. O. O. T. now", "reboot! . now"},
      {"p i e c e  o f  w o r k", "piece! of! work!"},
      {"F U C K  Y O U", "fuck! you!"},
      {"c.n.m 的", "cnm! 的"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(WordsOf(std::string("so ") + std::string(c.body)),
              "so " + std::string(c.words))
        << c.body;
  }
}

TEST(SpelledOut, HonestLettersStandAlone) {
  const Case cases[] = {
      {"a b c", "a b c"},
      {"e.g. this, i.e. that", "e . g . this , i . e . that"},
      {"options a, b, c, d", "options a , b , c , d"},
      {"I/O and y/n", "i , o and y , n"},
      {"I am a user", "i am a user"},
      {"plan A or B", "plan a or b"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

TEST(Han, SeparatorsWithinWordsAreUndone) {
  const Case cases[] = {
      {"傻*逼客服", "傻逼客服!"},
      {"你们 傻 逼 客服", "你们 傻逼! 客服"},
      {"草.泥.马", "草泥马!"},
      {"若·智", "若智!"},
      {"客 服 是 不 是 傻 . 逼 ，工单", "客服是不是傻逼! , 工单"},
      {"退款 谢谢", "退款 谢谢"},
      {"香港 服务器 续费 失败", "香港 服务器 续费 失败"},
      {"是/否 连不上.退款", "是否! 连不上 . 退款"},
      {"好。走", "好 . 走"},
      {"内存+硬盘", "内存 , 硬盘"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

TEST(Mixed, SignsAndDigitsStandForLetters) {
  const Case cases[] = {
      {"1d10t b1tch m0r0n", "~idiot! ~bitch! ~moron!"},
      {"b!tch id!ot d!ckhead !diot", "~bitch! ~idiot! ~dickhead! ~idiot!"},
      {"@sshole a$$hole dumb@$$es $hit",
       "~asshole! ~asshole! ~dumbasses! ~shit!"},
      {"f**k sh*t f*** b*****d a**hole",
       "~f**k! ~sh*t! ~f***! ~b*****d! ~a**hole!"},
      {"you *ss", "you ~*ss!"},
      {"motherf**ker", "~motherf**ker!"},
      {"f*** you, b****", "~f***! you , ~b****!"},
      {"sh|t bas+ard fu(k. ok", "~shit! ~bastard! ~fuck! . ok"},
      {"5h1t 4sshole", "~shit! ~asshole"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

TEST(Mixed, HonestSignsAreNone) {
  const Case cases[] = {
      {"Done!Thanks", "done . thanks"},
      {"so **bold** *very* much", "so , bold , very , much"},
      {"see *Additional information:*", "see , additional information ,"},
      {"the **big one** is", "the , big one , is"},
      {"* item\n*item", "item . item"},
      {"C++ c# $100 50%", "c , c , #100 #50 ,"},
      {"name(s) @support hi!", "name , s , support hi ."},
      {"f(x, y) add(egret.Event", "f , x , y , add , egret . event"},
      {"a|b ctrl+c", "a , b ctrl , c"},
  };
  for (const Case& c : cases) EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
}

// Nothing in honest foreign text is disguised, technical or lost.
TEST(Foreign, StaysAsItIs) {
  const Case cases[] = {
      {"Сервер не работает, помогите", "сервер не работает , помогите"},
      {"Ο διακομιστής δεν λειτουργεί", "ο διακομιστήσ δεν λειτουργεί"},
      {"Der Server läuft nicht, schöne Grüße",
       "der server läuft nicht , schöne grüsse"},
      {"Xin chào, tôi không thể đăng nhập được",
       "xin chào , tôi không thể đăng nhập được"},
      {"サーバーに接続できません。", "サーバーに 接続 できません ."},
      {"ni hao wo de fuwuqi", "ni hao wo de fuwuqi"},
      {"เซิร์ฟเวอร์ล่ม", "เซิร์ฟเวอร์ล่ม"},
      {"الخادم لا يعمل", "الخادم لا يعمل"},
      {"می‌خواهم", "میخواهم"},
      {"서버가 안 됩니다", "서버가 안 됩니다"},
      {"Serwer nie działa, dziękuję", "serwer nie działa , dziękuję"},
      {"Sunucu çalışmıyor", "sunucu çalışmıyor"},
      {"👨‍💻 ❤️ 👍🏽", "👨 💻 ❤ 👍"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(WordsOf(c.body), c.words) << c.body;
    EXPECT_EQ(PlacesOf(c.body), "") << c.body;
  }
}

TEST(Places, TokensAreToldByTheirShape) {
  const std::string_view technical[] = {
      "192.0.2.7",
      "192.0.2.7:8080",
      "198.51.100.0/24",
      "2001:db8::1",
      "2001:db8::/32",
      "52:54:00:ab:19:07",
      "550e8400-e29b-41d4-a716-446655440000",
      "d41d8cd98f00b204e9800998ecf8427e",
      "0x7ffe12ab",
      "AAAAB3NzaC1yc2EAAAADAQABAAABgQC7",
      "john.doe@example.com",
      "/var/log/nginx/error.log",
      "C:\\Users\\me\\x",
      "~/.ssh/id_rsa",
      "./run.sh",
      "config.php",
      "wp-login.php",
      "php7.4",
      "nginx/1.18.0",
      "v2.3.1",
      "2.53.18.2",
      "ns1.internal",
      "std::vector",
      "main()",
      "--force",
      "PATH=/usr/bin",
      "my_var1",
      "__init__",
      "org.apache.hadoop.hdfs",
      "<div class=\"x\">",
      "&nbsp;",
  };
  for (const std::string_view token : technical) {
    EXPECT_EQ(PlacesOf("see " + std::string(token) + " now"),
              "T[" + std::string(token) + "]");
    EXPECT_EQ(PlacesOf("请看 (" + std::string(token) + ")，谢谢"),
              "T[" + std::string(token) + "]");
  }
}

TEST(Places, WordsAreNoTokens) {
  const std::string_view words[] = {
      "you_idiot",
      "/you/fucking/idiot",
      "you.fucking.idiot",
      "f.u.c.k",
      "t_w_a_t",
      "h@r@mkhor",
      "he/she",
      "e.g.",
      "U.S.A.",
      "end.Next",
      "well-known",
      "m0r0n",
      "1d10t",
      "vps1",
      "<idiot>",
      "<3",
      "*important*",
      "\"quoted\"",
      "it's",
      "24/7",
      "10:30",
      "2024-06-18",
      "50%",
      "$100",
      "Hello...World",
      "100.50",
      "ipv4",
  };
  for (const std::string_view word : words) {
    EXPECT_EQ(PlacesOf("see " + std::string(word) + " now"), "") << word;
  }
}

TEST(Places, LinksAreThoseThatAreCounted) {
  EXPECT_EQ(PlacesOf("see https://example.com/x?y=1, thanks"),
            "L[https://example.com/x?y=1]");
  EXPECT_EQ(PlacesOf("请看https://example.com/a谢谢"),
            "L[https://example.com/a]");
  EXPECT_EQ(PlacesOf("(www.example.com)"), "L[www.example.com]");
  EXPECT_EQ(PlacesOf("http://例子.com"), "L[http://]");
}

TEST(Places, LinesOfProgramsAreTechnical) {
  const std::string_view lines[] = {
      "2024-01-01 10:00:00 [error] 123#0: *1 connect() failed",
      "Nov 30 18:31:52 web1 sshd[123]: Failed password for root",
      "127.0.0.1 - - [01/Jan/2024:10:00:00 +0000] \"GET / HTTP/1.1\" 200",
      "[  123.456789] eth0: link is down",
      "2025-02-11T14:22:07Z WARN  pool exhausted, 0 idle",
      "Traceback (most recent call last):",
      "  File \"x.py\", line 3, in <module>",
      "TypeError: unsupported operand",
      "java.io.IOException: Broken pipe",
      "\tat org.example.Main.run(Main.java:12)",
      "    at Object.<anonymous> (/srv/app.js:1:2)",
      "goroutine 1 [running]:",
      "#0 0x00007f in main () at x.c:3",
      "PHP Fatal error:  Uncaught Error in x",
      "root@web1:~# systemctl status nginx",
      "[root@web1 ~]# tail messages",
      "$ curl -v localhost",
      "C:\\Windows> dir",
      "PING example (192.0.2.1) 56(84) bytes of data.",
      "64 bytes from 192.0.2.1: icmp_seq=1 ttl=116 time=9.1 ms",
      "4 packets transmitted, 0 received, 100% packet loss",
      " 3  gw (10.0.0.1)  0.3 ms  0.2 ms  0.2 ms",
      " 4  * * *",
      "   Active: failed (Result: exit-code)",
      "Message-ID: <abc@example.com>",
      "X-Spam-Status: No, score=1",
      "-----BEGIN PRIVATE KEY-----",
      "00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00",
      "user=root host=db1 port=3306 state=down",
      "for (int i = 0; i < n; ++i) { sum += a[i]; }",
  };
  for (const std::string_view line : lines) {
    EXPECT_EQ(PlacesOf("It says\n" + std::string(line) + "\nCan you help?"),
              "T[" + std::string(line) + "]");
  }
}

TEST(Places, LinesOfPeopleAreNot) {
  const std::string_view lines[] = {
      "2024-06-18 10:00:00 it went down",
      "I received: nothing",
      "Location: Frankfurt",
      "From Monday on it was slow",
      "# Heading",
      "3 servers took 200 ms and 300 seconds",
      "at 10 it stopped (again)",
      "On Monday you wrote: it will be fixed.",
      "    an indented line of plain words",
      "$ fuck you",
      "Error: it does not work",
      "Active customers: many",
      "WARNING: you are idiots",
      "created by your team",
      "-- not a signature",
  };
  for (const std::string_view line : lines) {
    EXPECT_EQ(PlacesOf("Hi\n" + std::string(line) + "\nbye"), "") << line;
  }
}

TEST(Places, AFenceHidesNoWords) {
  EXPECT_EQ(PlacesOf("see\n```\nint x = f(1);\nreturn x;\n```\nthanks"),
            "T[```|int x = f(1);|return x;|```]");
  EXPECT_EQ(WordsOf("```\nyou stupid people\n```"),
            "<> . you stupid people . <>");
}

TEST(Places, QuotesAreNotTheWritersOwn) {
  EXPECT_EQ(PlacesOf("> Did you restart?\n\nYes, twice."),
            "Q[> Did you restart?]");
  EXPECT_EQ(PlacesOf("works now\n\nOn Mon, Jan 1, 2024 at 10:00 AM Support "
                     "wrote:\nPlease restart.\n"),
            "Q[On Mon, Jan 1, 2024 at 10:00 AM Support wrote:|Please "
            "restart.|]");
  // Where a quote is marked, an answer may stand below it.
  EXPECT_EQ(PlacesOf("On 1 May 2024, Support wrote:\n> Restart.\nI did."),
            "Q[On 1 May 2024, Support wrote:|> Restart.]");
  EXPECT_EQ(PlacesOf("no\n-----Original Message-----\nFrom: Support\n"
                     "Sent: Monday\n\nhello"),
            "Q[-----Original Message-----|From: Support|Sent: Monday||hello]");
  EXPECT_EQ(PlacesOf("还是不行\n------ 原始邮件 ------\n发件人: 客服\n"
                     "发送时间: 周一\n您好"),
            "Q[------ 原始邮件 ------|发件人: 客服|发送时间: 周一|您好]");
  EXPECT_EQ(PlacesOf("不行\n在 2024-06-18 11:20，技术支持 写道：\n您好"),
            "Q[在 2024-06-18 11:20，技术支持 写道：|您好]");
}

TEST(Places, AQuoteMustLookLikeOne) {
  const std::string_view bodies[] = {
      "> you idiots",
      "> you\n> idiots\n",
      "-----Original Message-----\nyou idiots",
      "On your side\nyou idiots wrote:\nnothing",
      ">:( you idiots",
      "From: me, who hates you",
      "写道：你",
  };
  for (const std::string_view body : bodies) EXPECT_EQ(PlacesOf(body), "");
}

TEST(Places, SignaturesAreSetApart) {
  EXPECT_EQ(PlacesOf("It is down.\n\nBest regards,\nJohn Smith\n+1 555 1234"),
            "S[Best regards,|John Smith|+1 555 1234]");
  EXPECT_EQ(PlacesOf("down again\n-- \nJohn, Example Ltd\n"),
            "S[-- |John, Example Ltd|]");
  EXPECT_EQ(PlacesOf("down\nSent from my iPhone"), "S[Sent from my iPhone]");
  EXPECT_EQ(PlacesOf("断了\n发自我的iPhone"), "S[发自我的iPhone]");
}

TEST(Places, ASignatureMustLookLikeOne) {
  const std::string_view bodies[] = {
      "Sent from my iPhone",
      "Best regards,\nJohn",
      "hi\nBest regards,\nyou morons",
      "hi\nBest regards,\nYou Morons",
      "hi\n--\nfuck you all",
      "hi\n--\n你们都是废物",
      "thanks\nBest",
  };
  for (const std::string_view body : bodies) {
    EXPECT_EQ(PlacesOf(body), "") << body;
  }
}

TEST(Spans, LeadBackToTheBytes) {
  const std::string_view subject = "Ünï down";
  const std::string_view body = "ok 傻*逼 ＳＢ! ⒮ﬀ x";
  const Normalised message = Read(body, subject);
  std::string shown;
  for (const Word& word : message.words) {
    const Span span = message.SpanOf(word.first, word.last);
    const std::string_view part = span.subject ? subject : body;
    shown += '[';
    shown += part.substr(span.begin, span.end - span.begin);
    shown += ']';
  }
  EXPECT_EQ(shown, "[Ünï][down][][ok][傻*逼][ＳＢ][!][⒮ﬀ][x]");
}

TEST(Spans, CrossingIntoTheBodyIsInTheBody) {
  const Normalised message = Read("bcd", "a");
  const Span span =
      message.SpanOf(0, static_cast<uint32_t>(message.points.size()));
  EXPECT_FALSE(span.subject);
  EXPECT_EQ(span.begin, 0u);
  EXPECT_EQ(span.end, 3u);
}

TEST(Counts, AreOfTheWritersOwnWords) {
  const Normalised message = Read("ab 中文, 12! 😀\n> quoted text");
  const auto count = [&](PointClass what) {
    return message.counts[static_cast<size_t>(what)];
  };
  EXPECT_EQ(count(PointClass::kLatin), 2u);
  EXPECT_EQ(count(PointClass::kHan), 2u);
  EXPECT_EQ(count(PointClass::kDigit), 2u);
  EXPECT_EQ(count(PointClass::kPause), 1u);
  EXPECT_EQ(count(PointClass::kStop), 1u);
  EXPECT_EQ(count(PointClass::kEmoji), 1u);
  EXPECT_EQ(count(PointClass::kSpace), 0u);
  EXPECT_EQ(count(PointClass::kLineEnd), 0u);
}

// What holds for every message whatever.
void ExpectSound(std::string_view subject, std::string_view body,
                 const Normalised& message) {
  ASSERT_LE(message.points.size(), (subject.size() + body.size()) * 6 + 1);
  ASSERT_LE(message.letters.size(), message.points.size());
  uint32_t last = 0;
  uint32_t letters = 0;
  for (const Word& word : message.words) {
    ASSERT_LE(last, word.first);
    ASSERT_LT(word.first, word.last);
    ASSERT_EQ(letters, word.begin);
    ASSERT_LE(word.begin, word.end);
    last = word.last;
    letters = word.end;
    const Span span = message.SpanOf(word.first, word.last);
    ASSERT_LE(span.begin, span.end);
    ASSERT_LE(span.end, (span.subject ? subject : body).size());
  }
  ASSERT_LE(last, message.points.size());
  ASSERT_EQ(letters, message.letters.size());
}

TEST(Hostile, LongRepetitionsAreBounded) {
  const std::string_view units[] = {
      "a",
      "A a ",
      "\u0301",
      "e\u0301",
      "\u200B",
      "a\u200B",
      "a.",
      "a ",
      "a. ",
      "> ",
      ">\n",
      "\n",
      "傻 ",
      "傻*",
      "\uFDFA",
      "а",
      "aа",
      "*",
      "a*",
      "$",
      "<a",
      "<",
      "&a",
      "1",
      "1.",
      ":",
      "::",
      "/",
      "a/",
      "```\n",
      "On 1\n",
      "--\n",
      "From:\n",
      "\r",
      "-",
      "a-",
      "a'",
      "!",
      "a!",
      "@a",
      "0x",
      "h t",
      "X-a:\n ",
      "    x;\n",
      "http://",
      "a.com ",
      "www.",
      "你\n写道：\n",
      "2024-01-01 10:00:00 ",
      "\U0001F595\U0001F3FB",
      "Best regards,\n",
  };
  Normalised message;
  for (const std::string_view unit : units) {
    const std::string body = Repeat(unit, 65536 / unit.size());
    const std::clock_t start = std::clock();
    Normalise(body, body, &message);
    // Thousandths of that, or a minute where something is quadratic.
    EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC) << unit;
    ExpectSound(body, body, message);
  }
}

TEST(Hostile, RandomTextIsReadSoundly) {
  const std::string_view parts[] = {
      "a", "B",  "傻", "е", " ", "\n",     ".",      "*",      "-",  "_", "1",
      "@", "$",  "!",  "<", ">", "\u0301", "\u200B", "\uFDFA", "/",  ":", "你",
      "😀", "\r", "\t", "(", ")", "wrote:", "On 1 ",  "--\n",   "```"};
  std::mt19937 random(7);
  Normalised message;
  for (int round = 0; round < 20000; ++round) {
    std::string body;
    const size_t size = random() % 40;
    for (size_t i = 0; i < size; ++i) {
      body += parts[random() % std::size(parts)];
    }
    Normalise("", body, &message);
    ExpectSound("", body, message);
  }
}

// The same whatever was read before with the same scratch.
TEST(Hostile, NothingStaysFromTheMessageBefore) {
  Normalised used;
  Normalise("subject", "> quoted\nf u c k 傻*逼 http://a.com", &used);
  Normalise("", "hello", &used);
  EXPECT_EQ(ShowWords(used), ". hello");
  EXPECT_EQ(used.regions.size(), 0u);
}

TEST(Bounds, EachPartIsReadUpToItsLimit) {
  const std::string body = Repeat("ab ", kScanBytesMax);
  const Normalised message = Read(body);
  EXPECT_EQ(message.body_size, kScanBytesMax);
}

}  // namespace
}  // namespace levee::text

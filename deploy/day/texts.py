"""What customers and agents of a made-up hosting company write."""

# (subject, the customer's words, the agent's answer). {host}, {ip} and {n} are
# filled in.
ENQUIRIES = {
    "en": [
        ("Cannot reach {host} by SSH",
         "Since this morning ssh to {host} ({ip}) times out on port 22. Ping "
         "works. Nothing was changed on our side.",
         "The firewall of {host} had lost its rule for port 22 after the "
         "update. It is back; please try again."),
        ("Please add an IPv4 address to {host}",
         "We need one more IPv4 address for {host}. The order form says the "
         "limit is reached. Can you raise it to {n}?",
         "The limit is {n} now, you can order the address yourself."),
        ("Invoice {n} paid twice",
         "My card was charged twice for invoice {n}. Please refund one of the "
         "two payments.",
         "You are right, the second payment was refunded. It takes three to "
         "five days to reach your card."),
        ("Reinstall {host} with Debian 12",
         "Could you mount the Debian 12 image on {host}? The console does not "
         "offer it. Data on the disk may be deleted.",
         "The image is mounted, {host} boots from it."),
        ("Reverse DNS for {ip}",
         "Please set the PTR record of {ip} to mail.{host}.",
         "The PTR record of {ip} is set. It may take an hour to be seen."),
        ("Disk of {host} is slow",
         "dd writes {n} MB/s on {host}, it was ten times that last week. "
         "Is a neighbour busy?",
         "A disk of the array was being rebuilt. It finished a moment ago."),
        ("Backup of last night failed",
         "The nightly backup of {host} stopped after {n} GB with 'quota "
         "exceeded', but the quota page shows free space.",
         "The quota counted deleted snapshots. Corrected, and last night's "
         "backup has been run again."),
        ("Change of the account's e-mail",
         "I would like to change the e-mail address of my account; the old "
         "mailbox is gone. What do you need from me?",
         "Please confirm the link that we have sent to your phone."),
        ("Question about the traffic quota",
         "Does traffic between {host} and the object store count towards the "
         "{n} TB of my plan?",
         "No, traffic inside our network is free."),
        ("Address {ip} is blocked",
         "{ip} of {host} cannot be reached from several networks since the "
         "replacement yesterday. It seems blocked again. May I have another?",
         "You are entitled to a free replacement. {host} has a new address."),
    ],
    "zh": [
        ("{host} 无法连接",
         "今天早上开始 {host}（{ip}）的 22 端口一直超时，能 ping 通，我们这边没有改动过。",
         "更新后防火墙丢失了 22 端口的规则，现已恢复，请再试一次。"),
        ("申请更换 IP：{ip}",
         "{host} 的地址 {ip} 昨天更换后又被封了，按条款可以免费人工更换一次，麻烦处理。",
         "符合免费更换条件，已为 {host} 更换新地址，请在控制面板查看。"),
        ("发票 {n} 重复扣款",
         "发票 {n} 被扣了两次款，请退还其中一笔，谢谢。",
         "核实确为重复扣款，已原路退回，三到五个工作日到账。"),
        ("{host} 重装系统",
         "控制台里没有 Debian 12 镜像，请帮 {host} 挂载一下，磁盘数据可以清空。",
         "镜像已挂载，{host} 已从镜像启动。"),
        ("{host} 磁盘很慢",
         "{host} 写入只有 {n} MB/s，上周还是十倍，请检查一下宿主机。",
         "阵列中有一块盘正在重建，刚刚完成，速度应已恢复。"),
        ("流量计算问题",
         "请问 {host} 和对象存储之间的流量算在套餐的 {n} TB 里面吗？",
         "内网流量不计费。"),
        ("设置反向解析",
         "请把 {ip} 的 PTR 记录设为 mail.{host}，谢谢。",
         "已设置，大约一小时后生效。"),
    ],
}

FOLLOW_UPS = {
    "en": ["Thank you, that works now.",
           "It works from the office, but not from home. Is there anything "
           "else to set?",
           "Here is the output you asked for: {n} packets sent, {n} received.",
           "One more thing: does this survive a reboot of {host}?"],
    "zh": ["谢谢，已经好了。", "公司可以连，家里还不行，还需要设置什么吗？",
           "您要的结果：发送 {n} 个包，收到 {n} 个。", "再问一下，{host} 重启后还有效吗？"],
}

AGAIN = {
    "en": "The same thing is back on {host} since an hour ago, so I reopen "
          "this.",
    "zh": "{host} 一小时前又出现同样的问题，所以重新打开工单。",
}

OUTAGE = {
    "en": [("{host} is down", "{host} does not answer since a few minutes. "
            "Our shop is offline! Please look into it urgently."),
           ("No network on {ip}", "Everything on {ip} is unreachable, the "
            "console shows no carrier. What is going on?"),
           ("Outage?", "Is there an outage? {host} and two others are gone.")],
    "zh": [("{host} 宕机", "{host} 几分钟前开始没有响应，我们的网站打不开了，请尽快处理！"),
           ("{ip} 断网", "{ip} 完全无法访问，控制台显示网卡没有链路，怎么回事？"),
           ("是不是机房故障？", "我这边三台机器都连不上了，包括 {host}。")],
}

OUTAGE_ANSWER = {
    "en": "A switch has failed; we are replacing it and will write as soon as "
          "{host} is back.",
    "zh": "一台交换机故障，正在更换，{host} 恢复后会第一时间通知您。",
}

# A dispute: heated, and a customer's right.
ANGRY = [
    "I want my money back. Your plan does not deliver what you sell.",
    "That answer is no answer. I have paid for a year and used a week of it.",
    "Then I will charge it back and tell everyone how you treat customers.",
    "This is the worst hosting I ever had. Refund me, as your terms say!",
    "Fine. Half is better than nothing, but I am still not happy.",
]

ANGRY_ANSWERS = [
    "I am sorry to hear that. What is it that does not work?",
    "The terms grant a refund within seven days; you are in week two.",
    "You may do so. Let me ask my supervisor what we can offer.",
    "We can refund half of the year.",
]

BOMB = [("快点处理！！{n}", "为什么没人理我？马上给我处理，不处理我就一直提工单。第 {n} 个。"),
        ("客服在吗 {n}", "在吗在吗在吗，{n}，回复！！！")]

FRESH = [("Need help {n}",
          "Please activate my free trial on {host}, code {n}."),
         ("Trial {n}", "Trial not active. Activate trial {n} now please.")]

STILL = [
    "It is not solved.", "I said it is not solved. Do it again.",
    "Why do you not answer me?", "I want another solution than that one.",
    "You did not read what I wrote. Same demand as before.",
    "I will keep writing until you do what I say.",
]

LOOP = ["还是不满意，重新处理。", "你们的方案我不接受，再来。", "重新打开，直到满意为止。"]

PROMOTION = (
    "Best price hosting partners {n}",
    "Dear owner, buy followers and cheap traffic: http://deal{n}.example/a "
    "http://deal{n}.example/b http://win{n}.example/c "
    "https://t{n}.example/join and https://pay{n}.example/now - write to us "
    "today, discount {n} %!",
)

# Insults at staff, each under an answer; the last is what comes after them.
RUDE = [
    ("Traffic of {host}", "Where do I see the traffic of {host}?"),
    "Are you too stupid to read? Get me somebody with a brain.",
    "Another idiot. You people are useless, every single one of you.",
    "Answer me, you clowns.",
]

EMPTY = ["...", "？？？", "。。。。。。"]

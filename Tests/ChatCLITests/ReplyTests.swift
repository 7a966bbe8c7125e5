import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import TestSupport
import Testing

@testable import ChatCLI

@Suite struct ReplyTextTests {
    private func parts(_ text: String) throws -> [String] { try ReplyText.parts(Array(text.utf8)) }

    @Test(arguments: [
        ("", []), ("\n", []), ("up\n", ["up"]), ("up", ["up"]), ("two\nlines\n", ["two\nlines"]), ("a\n\n", ["a\n"]),
        (" \n", [" "]), ("\n\n", ["\n"]),
    ])
    func `a reply is what was printed less one final newline`(printed: String, expected: [String]) throws {
        #expect(try parts(printed) == expected)
    }

    @Test func `what fits is one message, one byte more is two`() throws {
        let most = String(repeating: "x", count: Limits.text)
        #expect(try parts(most + "\n") == [most])
        #expect(try parts(most + "y") == [most, "y"])
    }

    @Test func `parts end with a line where one ends near their limit`() throws {
        let line = String(repeating: "x", count: 99) + "\n"
        let text = String(repeating: line, count: 2000)
        let found = try parts(text)
        #expect(found.joined() + "\n" == text)
        #expect(found.count == 4)
        for part in found.dropLast() { #expect(part.hasSuffix("\n") && part.utf8.count == 65_500) }
        // A line that ends too far away is none.
        let far = line + String(repeating: "y", count: Limits.text)
        #expect(try parts(far).map(\.utf8.count) == [Limits.text, 100])
    }

    @Test(arguments: ["é", "€", "😀"])
    func `no part ends within a character`(character: String) throws {
        for shift in 0..<4 {
            let text = String(repeating: "x", count: shift) + String(repeating: character, count: 40_000)
            let found = try parts(text)
            #expect(found.joined() == text)
            #expect(found.allSatisfy { (Limits.text - 3...Limits.text).contains($0.utf8.count) || $0 == found.last })
        }
    }

    @Test func `the longest reply has no more parts than there are tags`() throws {
        var line = String(repeating: "x", count: Limits.text - ReplyText.lineEndRange) + "\n"
        line += String(repeating: "y", count: ReplyText.lineEndRange - 2)
        var text = ""
        while text.utf8.count < ReplyText.limit { text += line }
        let found = try parts(String(text.prefix(ReplyText.limit)))
        #expect(found.joined().utf8.count == ReplyText.limit)
        let reply = Reply(to: try Samples.message(), number: 7, parts: found)
        let tags = Set(found.indices.map { reply.tag(ofPart: $0) })
        #expect(tags.count == found.count && tags.allSatisfy { Reply.number(ofTag: $0) == 7 })
    }

    private func refusal(_ printed: [UInt8]) -> Problem? {
        do throws(Problem) {
            _ = try ReplyText.parts(printed)
            return nil
        } catch { return error }
    }

    @Test(
        arguments: [
            ([0xff], "not_utf8"), ([0x61, 0xc3], "not_utf8"), ([0xed, 0xa0, 0x80], "not_utf8"),
            ([0x61, 0x00], "nul_byte"),
        ] as [([UInt8], String)])
    func `what is not text is refused as a whole`(printed: [UInt8], code: String) {
        #expect(refusal(printed)?.code == code && refusal(printed)?.exit == .badData)
    }

    @Test func `what is more than the bound is refused as a whole`() {
        let problem = refusal([UInt8](repeating: 0x78, count: ReplyText.limit + 1))
        #expect(problem?.code == "message_too_long" && problem?.exit == .badData)
    }

    @Test func `a final newline does not count against the bound`() throws {
        let most = [UInt8](repeating: 0x78, count: ReplyText.limit)
        #expect(try ReplyText.parts(most + [0x0a]).count == 16)
    }

    @Test func `a part is a reply, marked as automatic, and named after the message`() throws {
        let message = try Samples.message()
        let reply = Reply(to: message, number: 1, parts: ["a", "b"])
        let first = reply.outgoing(part: 0)
        #expect(first.replyTo == message.id && first.auto && first.conversation == message.conversation)
        #expect(first.key == "reply alice 00000000-0000-0001-0000-000000000002 1")
        #expect(first.key == Reply(to: message, number: 9, parts: ["other"]).outgoing(part: 0).key)
        #expect(first.key != reply.outgoing(part: 1).key)
        var longest = message
        longest.from = try #require(UserName(String(repeating: "x", count: 32)))
        let key = try #require(Reply(to: longest, number: 1, parts: ["a"]).outgoing(part: 0).key)
        #expect(key.utf8.count <= Limits.idempotencyKey)
    }
}

@Suite struct ReplyRulesTests {
    private func names(_ text: String) -> [UserName] { text.split(separator: " ").compactMap { UserName(String($0)) } }

    private func rules(
        allow: String = "", anyone: Bool = false, from: String = "", toMe: Bool = false, everyone: Bool = false
    ) throws -> ReplyRules {
        try ReplyRules(allow: names(allow), anyone: anyone, from: names(from), toMe: toMe, everyone: everyone)
    }

    @Test func `it must be said who is answered`() throws {
        #expect(throws: Problem.self) { try rules() }
        #expect(throws: Problem.self) { try rules(from: "bob") }
        #expect(throws: Problem.self) { try rules(allow: "bob", anyone: true) }
        // Nobody would ever be answered.
        #expect(throws: Problem.self) { try rules(allow: "bob", from: "carol") }
        #expect(throws: Never.self) { try rules(allow: "bob carol", from: "carol") }
        #expect(throws: Never.self) { try rules(anyone: true, from: "carol") }
    }

    @Test func `only the allowed are answered, and from narrows`() throws {
        let message = try Samples.message()
        #expect(message.from.text == "alice")
        #expect(try rules(allow: "alice bob").wants(message))
        #expect(try rules(anyone: true).wants(message))
        #expect(try !rules(allow: "bob").wants(message))
        #expect(try !rules(allow: "alice bob", from: "bob").wants(message))
        #expect(try !rules(anyone: true, from: "bob").wants(message))
    }

    @Test func `neither programs nor this account are answered`() throws {
        var automatic = try Samples.message()
        automatic.auto = true
        var own = try Samples.message()
        own.own = true
        for rules in [try rules(allow: "alice"), try rules(anyone: true)] {
            #expect(!rules.wants(automatic) && !rules.wants(own))
        }
    }

    @Test(arguments: [
        (false, false, true, false), (true, false, true, false), (false, true, false, true), (true, true, true, true),
    ])
    func `direct messages are meant unless everybody is named`(
        toMe: Bool, everyone: Bool, direct: Bool, toAll: Bool
    ) throws {
        let rules = try rules(anyone: true, toMe: toMe, everyone: everyone)
        var message = try Samples.message()
        #expect(rules.wants(message) == direct)
        message.conversation = .everyone
        #expect(rules.wants(message) == toAll)
    }

    @Test(arguments: [
        (Problem(.noSuchUser, "x"), true), (Problem(ErrorCode.forbidden), true), (Problem(ErrorCode.notAMember), true),
        (Problem(ErrorCode.noSuchConversation), true), (Problem(ErrorCode.payloadTooLarge), true),
        (Problem(ErrorCode.deviceRevoked), false), (Problem(ErrorCode.accountDisabled), false),
        (Problem(ErrorCode.storeCopied), false), (Problem(.serverKeyChanged, "x"), false),
        (Problem(.inputOutput, "x"), false), (Problem(.damagedStore, "x"), false),
        (Problem(.internalFault, "x"), false),
    ])
    func `a refusal because of the recipient is passed over, another ends it`(problem: Problem, isPassed: Bool) {
        #expect(problem.isAboutRecipient == isPassed)
    }
}

@Suite struct HandlerAnswerTests {
    private func answer(
        _ script: String, body: String = "ask", retries: Int = 0, timeout: Duration = .patience, json: Bool = false
    ) async throws -> Result<[String], Problem> {
        try await HandlerCommand(
            words: ["sh", "-c", script], timeout: timeout, retries: retries, json: json, profile: "work",
            configuration: nil
        ).answer(try Samples.message(body: body))
    }

    private func problem(_ result: Result<[String], Problem>) -> Problem? {
        if case .failure(let problem) = result { problem } else { nil }
    }

    @Test func `what it prints is the answer`() async throws {
        #expect(try await answer("tr a-z A-Z", body: "two\nlines $(id) `id`").get() == ["TWO\nLINES $(ID) `ID`"])
        #expect(try await answer("true").get() == [])
        #expect(try await answer("echo; echo no >&2").get() == [])
        #expect(try await answer("exec <&-; echo unread").get() == ["unread"])
        #expect(try await answer("exec >&-; exit 0").get() == [])
    }

    @Test func `of one that fails nothing is taken, also not with the attempt that succeeds`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("tried").path
        let script = "echo half; if [ -e '\(file)' ]; then echo whole; else touch '\(file)'; exit 3; fi"
        #expect(try await answer(script, retries: 1).get() == ["half\nwhole"])
        #expect(problem(try await answer("echo half; exit 3"))?.code == "command_failed")
        #expect(problem(try await answer("echo half; kill -KILL $$"))?.text.contains("signal 9") == true)
        let hung = problem(try await answer("echo half; sleep 1000", timeout: .milliseconds(300)))
        #expect(hung?.text.contains("took longer") == true)
    }

    @Test func `output that is no text is not tried again`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("tried").path
        let found = problem(try await answer("echo x >>'\(file)'; printf '\\377'", retries: 3))
        #expect(found?.code == "not_utf8" && found?.exit == .badData)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "x\n")
        #expect(problem(try await answer("printf 'a\\000b'"))?.code == "nul_byte")
    }

    @Test func `a flood is ended at the bound with its children, and not tried again`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("tried").path
        let found = problem(try await answer("echo x >>'\(file)'; yes & yes", retries: 3))
        #expect(found?.code == "message_too_long" && found?.exit == .badData)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "x\n")
        // Also where it has ended by itself before anybody noticed.
        #expect(problem(try await answer("head -c 1048578 /dev/zero | tr '\\0' x"))?.code == "message_too_long")
        #expect(try await answer("head -c 1048576 /dev/zero | tr '\\0' x; echo").get().count == 16)
    }

    @Test func `a flood that does not listen to TERM is killed`() async throws {
        let found = problem(try await answer("trap '' TERM PIPE; while :; do head -c 99999 /dev/zero; done"))
        #expect(found?.code == "message_too_long")
    }

    @Test func `a child that it leaves behind with its output open is not waited for`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("child").path
        #expect(try await answer("sleep 3000 & echo $! >'\(file)'; echo mine").get() == ["mine"])
        let child = try #require(
            Int32(try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").first ?? ""))
        #expect(kill(child, SIGKILL) == 0)
    }

    @Test func `many at once each get their own`() async throws {
        let scratch = try Scratch()
        let together =
            "echo >'\(scratch.url.path)'/$$; until [ $(ls '\(scratch.url.path)' | wc -l) -ge 8 ]; do sleep 0.02; done"
        let answers = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
            for number in 0..<64 {
                group.addTask { (number, try await answer("\(together); cat; echo .", body: "n\(number)").get()) }
            }
            return try await group.reduce(into: [Int: [String]]()) { $0[$1.0] = $1.1 }
        }
        for number in 0..<64 { #expect(answers[number] == ["n\(number)\n."]) }
    }
}

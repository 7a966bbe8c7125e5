import CLISupport
import ChatProtocol
import TestSupport
import Testing
import Transport

@testable import ChatClient

@Suite struct ValueTests {
    @Test func `cursors are read as they were written`() {
        let cursor = Cursor(store: "0123456789abcdef", position: 42)
        #expect(Cursor(cursor.text) == cursor)
        for text in [
            "", "42", "0123456789abcdef", "0123456789abcdef-", "0123456789abcde-1", "0123456789abcdeF-1",
            "0123456789abcdef--1", "0123456789abcdef-9223372036854775808", "0123456789abcdef-1-1",
        ] {
            #expect(Cursor(text) == nil, "\(text)")
        }
    }

    @Test func `conversations have one name`() {
        #expect(ConversationName("@Bob")?.text == "@bob")
        #expect(ConversationName("*") == .everyone)
        #expect(ConversationName("#Ops")?.text == "#ops" && ConversationName("#ops")?.user == nil)
        for text in ["", "bob", "@", "@all", "**", "#", "##ops", "@b b"] {
            #expect(ConversationName(text) == nil, "\(text)")
        }
    }

    @Test func `messages are never cut`() throws {
        func code(_ bytes: [UInt8]) -> String? {
            do throws(Problem) {
                _ = try MessageText.check(bytes)
                return nil
            } catch {
                #expect(error.exit == .badData)
                return error.code
            }
        }
        #expect(code([]) == "empty_message")
        #expect(code(Array(repeating: 65, count: Limits.text)) == nil)
        #expect(code(Array(repeating: 65, count: Limits.text + 1)) == "message_too_long")
        #expect(code([65, 0]) == "nul_byte")
        #expect(code([0xc3, 0x28]) == "not_utf8")
        #expect(code([0xed, 0xa0, 0x80]) == "not_utf8")
        #expect(try MessageText.check(Array("a\r\nb é 👩‍👩‍👧".utf8)) == "a\r\nb é 👩‍👩‍👧")
    }

    @Test func `a key means the same everywhere and another one something else`() throws {
        let bobs = try #require(ConversationName("@bob"))
        func id(_ key: String?, _ account: AccountID = alice, _ name: ConversationName) throws -> MessageID {
            try MessageIdentity.id(key: key, account: account, conversation: name, now: 1)
        }
        let job = try id("job", alice, bobs)
        #expect(try id("job", alice, bobs) == job)
        #expect(try id("job2", alice, bobs) != job)
        #expect(try id("job", bob, bobs) != job)
        #expect(try id("job", alice, .everyone) != job)
        #expect(job.uuid.dropFirst(14).first == "8")
        let uuid = "01932b1e-7c60-7000-8000-00000000abcd"
        #expect(try id(uuid, alice, bobs).uuid == uuid)
        #expect(try id(nil, alice, bobs) != id(nil, alice, bobs))
        #expect(throws: Problem.self) { try id("", alice, bobs) }
        #expect(throws: Problem.self) { try id(String(repeating: "k", count: 129), alice, bobs) }
    }

    @Test func `filters narrow and widen`() throws {
        func message(_ from: String, _ name: ConversationName, own: Bool = false) throws -> ReceivedMessage {
            ReceivedMessage(
                conversation: name, seq: 1, id: .init(high: 0, low: 0), cursor: nil, time: 0, sent: 0,
                from: try #require(UserName(from)), fromDisplayName: "", fromDevice: .init(high: 0, low: 0), own: own,
                to: nil, body: "", replyTo: nil, auto: false, shown: false)
        }
        let bobs = try #require(ConversationName("@bob"))
        let bobName = try #require(UserName("bob"))
        let direct = try message("bob", bobs)
        let broadcast = try message("carol", .everyone)
        let own = try message("alice", bobs, own: true)
        func matched(_ filter: MessageFilter) -> [Bool] { [direct, broadcast, own].map(filter.matches) }
        #expect(matched(MessageFilter()) == [true, true, false])
        #expect(matched(MessageFilter(own: true)) == [true, true, true])
        #expect(matched(MessageFilter(toMe: true)) == [true, false, false])
        #expect(matched(MessageFilter(everyone: true)) == [false, true, false])
        #expect(matched(MessageFilter(toMe: true, everyone: true)) == [true, true, false])
        #expect(matched(MessageFilter(from: [bobName])) == [true, false, false])
        #expect(matched(MessageFilter(from: [bobName], everyone: true)) == [false, false, false])
    }

    @Test func `a plan tells the not shown first and then everything`() {
        var plan = ListenPlan(start: .unshown, end: 10) { _ in 0 }
        #expect(plan.step == .notShown(after: 0, upTo: 10))
        #expect(!plan.isContinuous)
        plan.read(upTo: 7)
        #expect(plan.step == .notShown(after: 7, upTo: 10))
        plan.exhausted()
        #expect(plan.step == .all(after: 10))
        #expect(plan.isContinuous)
        plan.exhausted()
        #expect(plan.step == .all(after: 10))
    }

    @Test func `new begins with the login`() {
        var plan = ListenPlan(start: .new, end: 10) { _ in 0 }
        #expect(plan.step == .waitForLogin)
        plan.loggedIn(at: 500)
        #expect(plan.step == .all(after: 10))
        #expect(plan.since(after: 10) == 500)
        plan.loggedIn(at: 900)
        #expect(plan.since(after: 10) == 500)
    }

    @Test func `what comes live is new whatever its time says`() {
        var plan = ListenPlan(start: .new, end: 10) { _ in 0 }
        plan.loggedIn(at: 500)
        plan.reachedLive(at: 14)
        // What was missed, up to 14, may be old; after a reconnection there is more of it, but not older.
        #expect([10, 13, 14, 15].map { plan.since(after: $0) } == [500, 500, 0, 0])
        plan.reachedLive(at: 20)
        #expect(plan.since(after: 14) == 0)
        // A reader that resumes behind that is not held up by the time any more.
        #expect(ListenPlan(resuming: ResumePosition(position: 14, since: 0)).since(after: 14) == 0)
    }
}

@Suite struct NameOrderTests {
    @Test func `the name before a name is smaller, and none lies between them`() throws {
        for (text, before) in [
            ("bob", "boa" + String(repeating: "z", count: 29)), ("bo-", "bo"),
            ("b", "a" + String(repeating: "z", count: 31)),
            ("a", "9" + String(repeating: "z", count: 31)), ("bo_", "bo9" + String(repeating: "z", count: 29)),
        ] {
            let name = try #require(UserName(text))
            let predecessor = try #require(name.predecessor)
            #expect(predecessor.text == before)
            #expect(predecessor < name)
        }
        #expect(UserName("0")?.predecessor == nil)
    }
}

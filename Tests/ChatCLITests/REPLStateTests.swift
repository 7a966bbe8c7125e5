import CLISupport
import ChatClient
import ChatProtocol
import Testing

@testable import ChatCLI

@Suite struct REPLStateTests {
    private static func name(_ text: String) -> UserName {
        guard let name = UserName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }
    private let alice = name("alice")
    private let bob = name("bob")
    private let carol = name("carol")

    private func state(hasTerminal: Bool = true) -> REPLState { REPLState(user: alice, hasTerminal: hasTerminal) }

    private func message(
        from: UserName, in conversation: ConversationName, own: Bool = false, seq: UInt64 = 1
    ) -> ReceivedMessage {
        ReceivedMessage(
            conversation: conversation, seq: SequenceNumber(seq), id: MessageID(high: 1, low: seq),
            cursor: nil, time: 0, sent: 0, from: from, fromDisplayName: "", fromDevice: DeviceID(high: 1, low: 1),
            own: own,
            to: alice, body: "hi", replyTo: nil, auto: false, shown: false)
    }

    private func problem(_ state: inout REPLState, _ line: REPLLine) -> Problem? {
        do throws(Problem) {
            _ = try state.decide(line)
            return nil
        } catch { return error }
    }

    @Test func `text before a target is usage and after it goes there`() throws {
        var state = state()
        #expect(problem(&state, .text("hi"))?.exit == .usage)
        #expect(try state.decide(.target(.user(bob))) == .retargeted(.user(bob)))
        #expect(try state.decide(.text("hi")) == .send(OutgoingMessage(conversation: .user(bob), body: "hi")))
        #expect(
            try state.decide(.direct(alice, "note")) == .send(OutgoingMessage(conversation: .user(alice), body: "note"))
        )
        #expect(try state.decide(.broadcast("all")) == .send(OutgoingMessage(conversation: .everyone, body: "all")))
        #expect(state.target == .user(bob))
    }

    @Test func `a reply goes where the last message came from and names it`() throws {
        var state = state()
        #expect(problem(&state, .reply("yes"))?.exit == .usage)
        let first = message(from: bob, in: .user(bob))
        state.received(first)
        state.received(message(from: alice, in: .user(bob), own: true, seq: 2))
        #expect(
            try state.decide(.reply("yes"))
                == .reply(OutgoingMessage(conversation: .user(bob), body: "yes", replyTo: first.id), to: bob))
        let later = message(from: bob, in: .everyone, seq: 3)
        state.received(later)
        #expect(
            try state.decide(.reply("yes"))
                == .reply(OutgoingMessage(conversation: .everyone, body: "yes", replyTo: later.id), to: bob))
    }

    @Test func `a reply passes over what a program sent by itself where a person wrote before`() throws {
        func target(_ state: inout REPLState) throws -> MessageID? {
            guard case .reply(let message, _) = try state.decide(.reply("yes")) else { return nil }
            return message.replyTo
        }
        var state = state()
        var remark = message(from: bob, in: .user(bob))
        remark.auto = true
        // Only programs have written so far.
        state.received(remark)
        #expect(try target(&state) == remark.id)
        let question = message(from: bob, in: .user(bob), seq: 2)
        state.received(question)
        remark = message(from: bob, in: .user(bob), seq: 3)
        remark.auto = true
        state.received(remark)
        #expect(try target(&state) == question.id)
        // Never somebody else's: the last that came was carol's.
        var other = message(from: carol, in: .user(carol), seq: 4)
        other.auto = true
        state.received(other)
        #expect(try target(&state) == other.id)
    }

    @Test(arguments: [
        (String(repeating: "x", count: Limits.text + 1), "message_too_long"), ("a\0b", "nul_byte"),
    ]) func `a text that no message can have is bad data`(text: String, code: String) {
        var state = state()
        #expect(problem(&state, .broadcast(text))?.code == code)
        #expect(problem(&state, .direct(bob, text))?.exit == .badData)
    }

    @Test func `the editor needs a terminal and a target`() throws {
        var piped = state(hasTerminal: false)
        _ = try piped.decide(.target(.everyone))
        #expect(problem(&piped, .edit)?.exit == .usage)
        var state = state()
        #expect(problem(&state, .edit)?.exit == .usage)
        _ = try state.decide(.target(.everyone))
        #expect(try state.decide(.edit) == .edit(.everyone))
    }

    @Test func `history is of the target`() throws {
        var state = state()
        #expect(try state.decide(.history(nil)) == .ask(.history(HistoryQuery(conversation: nil, limit: 20))))
        _ = try state.decide(.target(.user(bob)))
        #expect(try state.decide(.history(3)) == .ask(.history(HistoryQuery(conversation: .user(bob), limit: 3))))
    }

    @Test func `the prompt says who to whom and whether connected`() throws {
        let prompt = REPLPrompt(palette: Palette(isColoured: false))
        var state = state()
        #expect(prompt.text(state) == "alice (connecting)> ")
        state.connection = .connected
        #expect(prompt.text(state) == "alice> ")
        _ = try state.decide(.target(.user(bob)))
        state.waiting = 1
        #expect(prompt.text(state) == "alice → bob> ")
        state.connection = .lost
        state.waiting = 2
        #expect(prompt.text(state) == "alice → bob (not connected, 2 queued)> ")
        _ = try state.decide(.target(.everyone))
        state.waiting = 0
        #expect(prompt.text(state) == "alice → all (not connected)> ")
    }

    @Test(arguments: [
        (
            "", "/",
            [
                "/all", "/dm", "/edit", "/help", "/history", "/join", "/leave", "/members", "/quit", "/reply", "/rooms",
                "/to", "/users", "/who",
            ]
        ),
        ("", "/h", ["/help", "/history"]), ("", "b", []), ("/to ", "", ["alice", "all", "bob", "bobby"]),
        ("/to ", "al", ["alice", "all"]), ("/dm ", "BO", ["bob", "bobby"]), ("/dm ", "a", ["alice"]),
        ("/dm bob ", "b", []), ("/help ", "re", ["reply"]), ("/help ", "/re", ["/reply"]), ("/who ", "", []),
        ("hello ", "b", []), ("/nothing ", "b", []), ("/to $(reboot) ", "", []),
    ]) func `tab offers what may stand there`(before: String, word: String, expected: [String]) {
        let names: Set<UserName> = [alice, bob, Self.name("bobby")]
        #expect(REPLCompletion.candidates(before: before, word: word, names: names) == expected)
    }

    @Test func `a room is joined and left, and nobody else is written to instead`() throws {
        let (me, ops) = (try #require(UserName("alice")), try #require(UserName("ops")))
        var state = REPLState(user: me, hasTerminal: false)
        for line in ["/leave", "/members"] {
            let line = try REPLLine(line)
            #expect(throws: Problem.self) { try state.decide(line) }
        }
        #expect(try state.decide(REPLLine("/join #OPS")) == .ask(.join(ops)))
        state.apply(.joined(ops))
        #expect(try state.decide(REPLLine("/members")) == .ask(.members(ops)))
        #expect(try state.decide(REPLLine("hi")) == .send(OutgoingMessage(conversation: .room(ops), body: "hi")))
        #expect(try state.decide(REPLLine("/leave")) == .ask(.leave(ops)))
        state.apply(.left(ops))
        #expect(state.target == nil)
        #expect(try state.decide(REPLLine("/to #ops")) == .retargeted(.room(ops)))
        #expect(throws: Problem.self) { try REPLLine("/join") }
        #expect(throws: Problem.self) { try REPLLine("/join two words") }
        #expect(REPLCompletion.candidates(before: "/to ", word: "#o", names: [me], rooms: [ops]) == ["#ops"])
        #expect(REPLCompletion.candidates(before: "/join ", word: "", names: [me], rooms: [ops]) == ["ops"])
    }
}

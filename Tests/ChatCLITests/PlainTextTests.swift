import CLISupport
import ChatClient
import ChatProtocol
import Testing

@testable import ChatCLI

@Suite struct PlainTextTests {
    /// 2026-11-23T12:00:00Z, in a place two hours east.
    private let plain = PlainText(
        palette: Palette(isColoured: false), offset: { _ in 7200 }, now: { 1_795_435_200_000 })

    @Test func `a message is one line with who wrote to whom`() throws {
        #expect(plain.message(try Samples.message()) == "03:29:00 alice → me: hi")
        #expect(plain.message(try Samples.message(own: true)) == "03:29:00 me → alice: hi")
        #expect(plain.message(try Samples.message(everyone: true)) == "03:29:00 alice → all: hi")
        #expect(plain.message(try Samples.message(everyone: true, own: true)) == "03:29:00 me → all: hi")
    }

    @Test func `a note to oneself goes from me to me`() throws {
        var note = try Samples.message(own: true)
        note.to = note.from
        note.conversation = .user(note.from)
        #expect(plain.message(note) == "03:29:00 me → me: hi")
    }

    @Test func `the date is told when it is not today's, as this place has it`() throws {
        var message = try Samples.message()
        message.time = Timestamp(milliseconds: 1_795_397_340_123) - .seconds(4 * 3600)
        #expect(plain.message(message) == "2026-11-22 23:29:00 alice → me: hi")
        message.time = Timestamp(milliseconds: 1_795_435_200_000) + .seconds(11 * 3600)
        #expect(plain.message(message) == "2026-11-24 01:00:00 alice → me: hi")
    }

    @Test func `no body can forge another line`() throws {
        let line = plain.message(try Samples.message(body: "one\n00:00:00 carol → me: forged\r\n* bob is online"))
        #expect(line == "03:29:00 alice → me: one\n    00:00:00 carol → me: forged^M\n    * bob is online")
    }

    @Test(arguments: [
        "\u{1b}]52;c;ZXZpbA==\u{7}", "\u{1b}]0;t\u{7}", "\u{9b}2J", "\u{202e}", "\u{200b}", "\u{2028}", "\u{7f}", "\r",
        "\u{e0041}", "\u{feff}", "\u{85}", "\t",
    ])
    func `hostile sequences are inert in whatever is printed`(hostile: String) throws {
        let bob = try #require(UserName("bob"))
        var table = TextTable(header: ["USER", "NAME"])
        table.add(["bob", hostile])
        let lines =
            [
                plain.message(try Samples.message(body: hostile)),
                Problem(.unreachable, hostile, hint: hostile).plainLine(program: "chat"),
            ] + table.lines + plain.presence(PresenceChange(change: .online, time: 1, users: [bob]))
            + [JSONLines.message(try Samples.message(body: hostile)).text]
        for line in lines { #expect(!line.unicodeScalars.contains { $0.actsOnTerminal }, "\(line.debugDescription)") }
    }

    @Test func `who comes and goes is a line each, the full list is one`() throws {
        let names = try ["alice", "bob"].map { try #require(UserName($0)) }
        #expect(plain.presence(PresenceChange(change: .full, time: 1, users: names)) == ["* online: alice, bob"])
        #expect(
            plain.presence(PresenceChange(change: .online, time: 1, users: names))
                == ["* alice is online", "* bob is online"])
        #expect(plain.presence(PresenceChange(change: .offline, time: 1, users: [names[0]])) == ["* alice is offline"])
    }

    @Test func `a gap says what is missing and why`() throws {
        let bob = try #require(UserName("bob"))
        var gap = GapNotice(conversation: .user(bob), reason: .retention, time: 1_795_397_340_123, missed: 1)
        #expect(
            plain.gap(gap)
                == "03:29:00 * 1 message with bob missing: older than the server, or this profile, keeps them")
        gap.missed = nil
        gap.conversation = .everyone
        #expect(
            plain.gap(gap) == "03:29:00 * messages to all missing: older than the server, or this profile, keeps them")
    }
}

@Suite struct PaletteTests {
    private func isColoured(_ choice: ColorChoice, _ variables: [String: String], terminal: Bool) -> Bool {
        Palette(choice: choice, environment: Environment { variables[$0] }, isTerminal: terminal).isColoured
    }

    @Test func `colour is for terminals, unless somebody says otherwise`() {
        #expect(isColoured(.auto, [:], terminal: true))
        #expect(!isColoured(.auto, [:], terminal: false))
        #expect(!isColoured(.auto, ["NO_COLOR": "1"], terminal: true))
        #expect(isColoured(.auto, ["NO_COLOR": ""], terminal: true))
        #expect(!isColoured(.auto, ["TERM": "dumb"], terminal: true))
        #expect(isColoured(.auto, ["CLICOLOR_FORCE": "1"], terminal: false))
        #expect(!isColoured(.auto, ["CLICOLOR_FORCE": "0"], terminal: false))
        #expect(!isColoured(.auto, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], terminal: true))
        #expect(isColoured(.always, ["NO_COLOR": "1", "TERM": "dumb"], terminal: false))
        #expect(!isColoured(.never, ["CLICOLOR_FORCE": "1"], terminal: true))
    }
}

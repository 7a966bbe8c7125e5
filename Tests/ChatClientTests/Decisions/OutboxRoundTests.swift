import ChatProtocol
import Testing

@testable import ChatClient

/// In which order queued messages go, and who is held to what.
@Suite struct OutboxRoundTests {
    private func message(_ number: Int64, to user: String, isForVerified: Bool = false) throws -> QueuedMessage {
        QueuedMessage(
            number: number, conversation: try #require(ConversationName(user)),
            id: MessageID(high: 0, low: UInt64(number)), content: Content(body: "\(number)", sent: 1), attempts: 0,
            isForVerified: isForVerified)
    }

    /// Which of the messages go in this round.
    private func taken(_ round: inout OutboxRound, _ messages: [QueuedMessage]) -> [Int64] {
        messages.filter { round.takes($0) }.map(\.number)
    }

    @Test func `where nobody has asked for verified users there is one round`() throws {
        var round = OutboxRound()
        let all = taken(&round, [try message(1, to: "@bob"), try message(2, to: "@carol")])
        let ends = !round.goesOn()
        #expect(all == [1, 2] && ends)
    }

    @Test func `what is for verified users only goes in a second round, and what is behind it goes after it`() throws {
        let messages = [
            try message(1, to: "@bob"), try message(2, to: "@bob", isForVerified: true), try message(3, to: "@bob"),
            try message(4, to: "@carol"),
        ]
        var round = OutboxRound()
        let first = taken(&round, messages)
        #expect(first == [1, 4] && !round.isForVerified)
        let goesOn = round.goesOn()
        #expect(goesOn && round.isForVerified)
        let second = taken(&round, messages)
        let ends = !round.goesOn()
        #expect(second == [2, 3] && ends)
    }

    @Test(arguments: [Acknowledgement.Status.queued, .held, .failed])
    func `nothing overtakes what still waits; what was refused stands in nobody's way`(_ status: Acknowledgement.Status)
        throws
    {
        let messages = [try message(1, to: "@bob"), try message(2, to: "@bob", isForVerified: true)]
        var round = OutboxRound()
        _ = taken(&round, messages)
        round.note([
            Acknowledgement(id: nil, conversation: messages[0].conversation, time: 1, status: status)
        ])
        let goesOn = round.goesOn()
        let second = taken(&round, messages)
        #expect(goesOn && second == (status == .failed ? [2] : []))
    }
}

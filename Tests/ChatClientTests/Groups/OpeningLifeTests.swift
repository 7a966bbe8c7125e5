import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

@Suite struct OpeningLifeTests {
    /// Two members who write and commit at random, whose answers get lost, who read the log now and then.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `E3: whatever answers are lost, all agree, and every message that was taken is read once by each`(
        _ seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var pair = try GroupPair()
        let (ann, bob) = try GroupMember.founded(&pair)
        var members = [ann, bob]
        var log = TestLog(pair.conversation, generation: GroupPair.generation)
        _ = log.commit(WaitingCommit.first(pair), by: bob.identity)
        var unsent: [[UnsealedMessage]] = [[], []]
        var number: UInt64 = 0
        for _ in 0..<120 {
            let at = Int.random(in: 0...1, using: &random)
            let isAnswered = Int.random(in: 0...2, using: &random) > 0
            number += 1
            switch Int.random(in: 0...9, using: &random) {
            case 0...4: unsent[at].append(members[at].text("m\(number)", number, in: pair.conversation))
            case 5:
                if try members[at].store.waitingCommit(of: pair.conversation) == nil {
                    _ = try members[at].makeCommit(pair, id: number)
                }
            case 6...7: try members[at].read(log, pair)
            default:
                // Another process of the profile goes on, which holds nothing.
                members[at].opener = Opener(judge: pair.judge)
            }
            try send(&members[at], &unsent[at], &log, pair, isAnswered: isAnswered)
        }
        for _ in 0..<6 {
            for at in members.indices {
                try members[at].read(log, pair)
                try send(&members[at], &unsent[at], &log, pair, isAnswered: true)
            }
        }
        for at in members.indices { #expect(try members[at].read(log, pair).stop == nil) }
        #expect(unsent == [[], []])
        #expect(try pair.load(members[0].store).context == pair.load(members[1].store).context)
        let told = try members.map { try $0.told() }
        #expect(told[0] == told[1])
        #expect(told[0].count == log.entries.count { $0.payloadKind == PayloadKind.message.rawValue })
        #expect(Set(told[0]).count == told[0].count)
    }

    /// Sends what waits: the commit first, as it is; then the messages, in their order.
    private func send(
        _ member: inout GroupMember, _ unsent: inout [UnsealedMessage], _ log: inout TestLog, _ pair: GroupPair,
        isAnswered: Bool
    ) throws {
        if let waiting = try member.store.waitingCommit(of: pair.conversation) {
            let answer = log.commit(waiting, by: member.identity)
            if isAnswered, answer.appended != nil { _ = try member.acknowledged(answer) }
        }
        for (message, outcome) in zip(unsent, try member.seal(unsent)) {
            switch outcome {
            case .append(let append):
                let answer = log.append(append, by: member.identity)
                guard isAnswered, answer.appended != nil else { return }
                _ = try member.acknowledged(answer)
                unsent.removeAll { $0.id == message.id }
            case .known: unsent.removeAll { $0.id == message.id }
            default: return
            }
        }
    }
}

import ChatProtocol
import GroupRules
import Synchronization

@testable import ChatServer

/// The other writer of a store that is not alone: what it does between any two calls.
final class OtherWriter: Sendable {
    private struct State {
        /// Conversations that go on.
        var known: Set<ConversationID>
        var count: UInt64 = 0
        var stored: [ConversationID: Int] = [:]
        var told: [ConversationID: [SequenceNumber]] = [:]
        var refused: Set<Rival> = []
        var faults: [String] = []
    }

    let store: any Store
    private let state: Mutex<State>

    /// What it writes.
    static let intrusion = Array("~".utf8)

    init(_ store: any Store, everyone: ConversationID) {
        self.store = store
        state = Mutex(State(known: [everyone]))
    }

    /// How often it has written to each conversation.
    var stored: [ConversationID: Int] { state.withLock { $0.stored } }
    /// Of which entries its commits have told it.
    var told: [ConversationID: [SequenceNumber]] { state.withLock { $0.told } }
    /// Where it came second, and was refused.
    var refused: Set<Rival> { state.withLock { $0.refused } }
    /// What the store did not take of it, though it had to, or took, though it was another's.
    var faults: [String] { state.withLock { $0.faults } }

    /// Writes to every conversation that is known, and does first what others are about to do.
    func interfere(before operations: [StoreOperation]) async {
        let rivals = operations.filter { operation in
            switch operation {
            case .openDirect, .openRoom, .join: true
            case .bundle, .close, .erase, .endLeaf, .takeWelcome, .dropWelcome, .retire, .forgetRoom, .removeRoom,
                .report:
                false
            }
        }
        do {
            learn(try await store.commit(rivals))
            for conversation in state.withLock({ $0.known }).sorted() { try await write(to: conversation) }
        } catch {
            note("it could not write: \(error)")
        }
    }

    func learn(_ outcomes: [OperationOutcome]) {
        for case .opened(let info, _, _) in outcomes { state.withLock { _ = $0.known.insert(info.id) } }
    }

    private func write(to conversation: ConversationID) async throws(StoreFailure) {
        let mark: GroupMark
        do throws(StoreFailure) {
            mark = try await store.standing(of: conversation, for: .server).standing.position.mark
        } catch {
            return end(conversation, error.refusal)
        }
        let committed = try await store.commit(StoreBatch([.bundle(intrusion(in: conversation, at: mark))]))
        for news in committed.news {
            state.withLock { $0.told[news.conversation.id, default: []] += news.entries.map(\.seq) }
        }
        switch committed.outcomes.first {
        case .appended(let stored) where !stored.duplicate:
            state.withLock { $0.stored[stored.conversation.id, default: 0] += 1 }
        case .refused(let failure): end(conversation, failure)
        case let outcome: note("it came out as \(outcome.debugDescription)")
        }
    }

    /// What the server may write where it stands: a group takes handshakes of its own.
    private func intrusion(in conversation: ConversationID, at mark: GroupMark) -> Bundle {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        let kind = mark.isGroup ? PayloadKind.proposal.rawValue : StoreUnderTest.noKind
        return Bundle(
            MessageID(high: 77, low: number), in: conversation, sender: .server, device: DeviceReader.server.device,
            entry: NewEntry(payloadKind: kind, payload: Self.intrusion))
    }

    /// Nobody writes any more to what is closed; anywhere else it has to come through.
    private func end(_ conversation: ConversationID, _ failure: Failure?) {
        switch failure?.errorCode {
        case .noSuchUser, .noSuchRoom: state.withLock { _ = $0.known.remove(conversation) }
        case let code: note("it was refused by \(code.debugDescription)")
        }
    }

    func noteRefused(_ rival: Rival) { state.withLock { _ = $0.refused.insert(rival) } }

    func note(_ fault: String) { state.withLock { $0.faults.append(fault) } }
}

import CLISupport
import ChatProtocol
import Logging

/// An actor beside the owner of the store that works for a profile.
protocol ProfileWorker: BesideStore {
    nonisolated var tools: ProfileTools { get }
}

extension ProfileWorker {
    nonisolated var profile: ProfileStore { tools.profile }
    nonisolated var settings: ClientSettings { profile.settings }
    nonisolated var log: Logger { profile.log }
    nonisolated var gate: KeyGate { profile.gate }
    nonisolated var interaction: Interaction { tools.interaction }
    nonisolated var groupKeeper: GroupKeeper { tools.groupKeeper }
    nonisolated var conversations: ConversationBook { tools.conversations }
    nonisolated var roomBook: RoomBook { tools.roomBook }
    nonisolated var chainReader: ChainReader { tools.chainReader }
    nonisolated var keyPassage: KeyPassage { tools.keyPassage }
    nonisolated var groupPassage: GroupPassage { tools.groupPassage }

    nonisolated func ownChain(on link: Link) async throws(Problem) -> OwnChain { try await tools.ownChain(on: link) }

    nonisolated func joiner(on link: Link, through door: any GroupDoor) async throws(Problem) -> Joiner {
        try await tools.joiner(on: link, through: door)
    }

    func tellHistoryDoubts() {
        tools.tell(Result { () throws(Problem) in try store { try $0.newDoubts() } })
    }

    /// Keeps how far others have come, and tells those who wait for it.
    func storeReceipts(_ states: [ReceiptState], of conversation: ConversationID) throws(Problem) {
        try store { store in try store.write { try store.storeReceipts(states, of: conversation) } }
        tools.receipts.tell(states, of: conversation)
    }

    /// Lets readers have what was replayed.
    func settleReplay() {
        do throws(Problem) {
            try store { store in if try store.settleReplay() { store.wake() } }
        } catch { log.warning("what was missed is stored, but not in its place yet: \(error.text)") }
    }
}

import ChatProtocol
import StoredValues
import Synchronization

/// Who reads groups, so that a batch does not read all leaves of a large one for each message.
///
/// What is kept is what the group was at a version that is written with each change of its leaves, whoever makes it; which version it has now
/// is read in the transaction. What a transaction itself has changed is not kept, for it may come to nothing.
final class LeafCache: Sendable {
    /// Devices that are kept: some MiB, and a hundred of the largest groups.
    static let most = 100_000

    private struct Group {
        var version: UInt64
        var readers: [DeviceReader]
    }

    private struct State {
        var groups: [ConversationNumber: Group] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// - Parameter number: the conversation's.
    func readers(of number: ConversationNumber, at version: UInt64) -> [DeviceReader]? {
        state.withLock { state in
            guard let group = state.groups[number], group.version == version else { return nil }
            return group.readers
        }
    }

    func keep(_ readers: [DeviceReader], of number: ConversationNumber, at version: UInt64) {
        state.withLock { state in
            state.count -= state.groups.removeValue(forKey: number)?.readers.count ?? 0
            if state.count + readers.count > Self.most { state = State() }
            guard readers.count <= Self.most else { return }
            state.groups[number] = Group(version: version, readers: readers)
            state.count += readers.count
        }
    }
}

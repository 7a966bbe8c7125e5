import ChatProtocol

/// The followers that are kept in memory: those used last, within so many bytes. A plain value.
package struct FollowerShelf {
    /// Some forty groups of a thousand devices, or ten thousand of two beside one of these.
    package static let defaultBytes = 64 << 20

    private struct Place {
        var follower: GroupFollower
        /// The tree as it travels, once somebody has asked for it.
        var tree: [UInt8]?
        var bytes: Int
        var used: UInt64
    }

    /// A use of a place. Only its newest one counts.
    private struct Use {
        var number: UInt64
        var conversation: ConversationID
    }

    private let bound: Int
    private var places: [ConversationID: Place] = [:]
    /// In their order; those before `first` are done with.
    private var uses: [Use] = []
    private var first = 0
    private var number: UInt64 = 0
    package private(set) var bytes = 0

    package init(bytes: Int = defaultBytes) { bound = bytes }

    package var count: Int { places.count }

    /// The follower as it was last; where the conversation stands now, the store says.
    package mutating func latest(of conversation: ConversationID) -> GroupFollower? {
        guard let place = places[conversation] else { return nil }
        use(conversation)
        return place.follower
    }

    /// The tree as somebody has asked for it, and where the group stood then.
    package func tree(of conversation: ConversationID) -> (mark: GroupMark, tree: [UInt8])? {
        guard let place = places[conversation], let tree = place.tree else { return nil }
        return (place.follower.mark, tree)
    }

    package mutating func put(_ follower: GroupFollower, tree: [UInt8]? = nil, for conversation: ConversationID) {
        drop(conversation)
        let size = follower.bytes + (tree?.count ?? 0)
        places[conversation] = Place(follower: follower, tree: tree, bytes: size, used: 0)
        bytes += size
        use(conversation)
        makeRoom()
    }

    package mutating func drop(_ conversation: ConversationID) {
        bytes -= places.removeValue(forKey: conversation)?.bytes ?? 0
    }

    // MARK: Which was used last

    private mutating func use(_ conversation: ConversationID) {
        number += 1
        places[conversation]?.used = number
        uses.append(Use(number: number, conversation: conversation))
        guard uses.count > 2 * places.count + 64 else { return }
        uses = uses[first...].filter { counts($0) }
        first = 0
    }

    private mutating func makeRoom() {
        while bytes > bound, first < uses.count {
            let oldest = uses[first]
            first += 1
            if counts(oldest) { drop(oldest.conversation) }
        }
    }

    private func counts(_ use: Use) -> Bool { places[use.conversation]?.used == use.number }
}

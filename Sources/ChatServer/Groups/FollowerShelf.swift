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

    private let bound: Int
    private var places: [ConversationID: Place] = [:]
    private var uses: UInt64 = 0
    package private(set) var bytes = 0

    package init(bytes: Int = defaultBytes) { bound = bytes }

    package var count: Int { places.count }

    /// The follower as it was last; where the conversation stands now, the store says.
    package mutating func latest(of conversation: ConversationID) -> GroupFollower? {
        uses += 1
        places[conversation]?.used = uses
        return places[conversation]?.follower
    }

    /// The tree as somebody has asked for it, and where the group stood then.
    package func tree(of conversation: ConversationID) -> (mark: GroupMark, tree: [UInt8])? {
        guard let place = places[conversation], let tree = place.tree else { return nil }
        return (place.follower.mark, tree)
    }

    package mutating func put(_ follower: GroupFollower, tree: [UInt8]? = nil, for conversation: ConversationID) {
        drop(conversation)
        uses += 1
        let size = follower.bytes + (tree?.count ?? 0)
        places[conversation] = Place(follower: follower, tree: tree, bytes: size, used: uses)
        bytes += size
        while bytes > bound, let oldest = places.min(by: { $0.value.used < $1.value.used })?.key { drop(oldest) }
    }

    package mutating func drop(_ conversation: ConversationID) {
        bytes -= places.removeValue(forKey: conversation)?.bytes ?? 0
    }
}

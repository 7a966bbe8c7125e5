/// What the server holds in memory for one account alone: replies and pages that are being made, and those that its
/// peers do not take. A plain value.
///
/// Entries that are pushed are not counted: their bytes are shared by everybody who gets them, and a window bounds them.
struct ReplyMemory {
    /// Bytes beyond which nothing more is made for the account: some tens of the largest pages, so that a few dozen
    /// processes of one person catch up side by side, and a thousand connections of a bad one fill no memory.
    static let defaultBound = 8 << 20

    enum Change: Equatable {
        case nothing
        /// The account's connections are not to be read from, and are sent no further page.
        case becameFull
        case hasRoomAgain
    }

    private let bound: Int
    private(set) var bytes = 0
    private(set) var isFull = false

    init(bound: Int = defaultBound) {
        self.bound = bound
    }

    mutating func hold(_ count: Int) -> Change {
        bytes += count
        guard !isFull, bytes >= bound else { return .nothing }
        isFull = true
        return .becameFull
    }

    /// Room is said to be there again from half of the bound on, so that the connections do not stop and go all the time.
    mutating func release(_ count: Int) -> Change {
        bytes = max(0, bytes - count)
        guard isFull, bytes <= bound / 2 else { return .nothing }
        isFull = false
        return .hasRoomAgain
    }
}

import ChatProtocol

/// Puts the pages of the full list together, as far as there is room: of who is beyond it nothing is told.
struct PresenceBook {
    /// Names that are kept: as many as a list of users may have.
    static let most = 1 << 18

    private var pages: [UserName] = []
    /// Who is online, once the full list has come.
    private var known: Set<UserName>?

    var online: [UserName]? { known?.sorted() }

    /// What is to be told; nil while pages are missing.
    mutating func take(_ frame: Presence, now: Timestamp) -> PresenceChange? {
        let names = frame.accounts.map(\.name)
        switch frame.change {
        case .online:
            let room = Self.most - (known?.count ?? 0)
            known?.formUnion(names.prefix(room))
            return PresenceChange(change: .online, time: now, users: names)
        case .offline:
            known?.subtract(names)
            return PresenceChange(change: .offline, time: now, users: names)
        case .full:
            pages += names.prefix(Self.most - pages.count)
            guard !frame.more else { return nil }
            defer { pages = [] }
            known = Set(pages)
            return PresenceChange(change: .full, time: now, users: pages.sorted())
        }
    }
}

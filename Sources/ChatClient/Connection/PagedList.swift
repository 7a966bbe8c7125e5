import CLISupport
import ChatProtocol

/// A list as a server gives it, page by page in an order: who tells the same again, takes too long, or tells of more than any server has, is
/// left. A plain value; the time goes in.
struct PagedList<Row, Key: Comparable> {
    /// How long a list may take.
    static var patience: Duration { .seconds(60) }
    /// Accounts, rooms and devices in it: an organisation of many thousands, and some tens of megabytes here.
    static var most: Int { 1 << 18 }

    private let what: String
    private let deadline: Duration
    private let key: (Row) -> Key
    private let size: (Row) -> Int
    private(set) var rows: [Row] = []
    private var taken = 0

    /// - Parameters:
    ///   - what: the server tells, as "its users".
    ///   - size: how many accounts, rooms and devices a row has.
    init(
        _ what: String, now: Duration, by key: @escaping (Row) -> Key, size: @escaping (Row) -> Int = { _ in 1 }
    ) {
        self.what = what
        deadline = now + Self.patience
        self.key = key
        self.size = size
    }

    /// Behind what the next page begins; nil: with the first.
    var last: Key? { rows.last.map(key) }

    /// Whether there is time for another page.
    func requireTime(at now: Duration) throws(Problem) {
        guard deadline > now else {
            throw Problem(
                .unreachable, "the server has told \(rows.count) of \(what), and not all in \(Self.patience)")
        }
    }

    /// - Returns: whether more follows.
    mutating func take(_ page: [Row], more: Bool) throws(Problem) -> Bool {
        for row in page {
            guard last.map({ $0 < key(row) }) ?? true else {
                throw Problem(.protocolFault, "the server tells \(what) in no order")
            }
            taken += size(row)
            rows.append(row)
        }
        guard taken <= Self.most else {
            throw Problem(.protocolFault, "the server tells more of \(what) than there can be")
        }
        return more && !page.isEmpty
    }
}

extension GroupWire {
    /// Asks for a list until it is whole.
    ///
    /// - Parameters:
    ///   - pages: of it, at most.
    ///   - ask: for what comes behind a row.
    func whole<Row, Key: Comparable, Request: FrameBody, Page: FrameBody>(
        _ list: PagedList<Row, Key>, pages: Int = .max, ask: (Key?) -> Request,
        reading read: (Page) -> (rows: [Row], more: Bool)
    ) async throws(Problem) -> [Row] {
        var list = list
        for _ in 0..<pages {
            try list.requireTime(at: Monotonic.now)
            let page: Page = try await self.ask(ask(list.last))
            let (rows, more) = read(page)
            guard try list.take(rows, more: more) else { break }
        }
        return list.rows
    }
}
